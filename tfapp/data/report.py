"""What `tfapp check` found, for the terminal and as JSON."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.faults import Problem

SHOWN_PER_KIND = 5


@dataclass(frozen=True)
class CheckReport:
    """The state of a data set.

    Args:
        name: of the source.
        counts: "files" looked at, "usable", "unusable", "left out" (unusable files
            and refused copies), and files passed over: "hidden", "foreign".
        classes: usable images by class, then by split ("all" where none is given).
        median_size: median height and median width of usable images in pixels.
        colour: whether any usable image is more than grey.
        problems: every finding.
        duplicates: groups of paths with the very same pixels.
        near_duplicates: (path, path, differing bits of 64).
    """

    name: str
    counts: Mapping[str, int]
    classes: Mapping[str, Mapping[str, int]]
    median_size: tuple[int, int]
    colour: bool
    problems: tuple[Problem, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    near_duplicates: tuple[tuple[str, str, int], ...] = ()

    @property
    def usable(self) -> int:
        """Number of images that can be learned from or tested on."""
        return self.counts["usable"]

    @property
    def per_class(self) -> dict[str, int]:
        """Number of usable images of every class, all splits together."""
        return {name: sum(counts.values()) for name, counts in self.classes.items()}

    @property
    def bad_share(self) -> float:
        """Share of all files that cannot be used, in [0, 1]."""
        return self.counts["unusable"] / max(1, self.counts["files"])

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary of everything."""
        return {**asdict(self), "bad_share": self.bad_share}

    def lines(self) -> list[str]:
        """Return the report for the terminal, a few examples of each finding."""
        lines = [
            f"{self.name}: {self.counts['files']} images, {len(self.classes)} classes, "
            f"{self.counts['left out']} left out"
        ]
        lines += [f"  {name}: {_counts_text(n)}" for name, n in self.classes.items()]
        for (severity, kind), problems in sorted(self._by_kind().items()):
            lines.append(f"{severity}: {kind}, {len(problems)}")
            lines += [_line(problem) for problem in problems[:SHOWN_PER_KIND]]
            if len(problems) > SHOWN_PER_KIND:
                lines.append(f"  … and {len(problems) - SHOWN_PER_KIND} more")
        return [*lines, *([] if self.problems else ["Nothing to complain about."])]

    def summary(self) -> str:
        """Return one line about what was left out, "" if nothing was."""
        kinds = {
            kind: len(problems)
            for (severity, kind), problems in sorted(self._by_kind().items())
            if severity == "left out"
        }
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        return f"left out: {counts} (`tfapp check` lists them)" if counts else ""

    def _by_kind(self) -> dict[tuple[str, str], list[Problem]]:
        groups: dict[tuple[str, str], list[Problem]] = defaultdict(list)
        for problem in self.problems:
            groups[problem.severity, problem.kind].append(problem)
        return groups


def refuse_damaged(report: CheckReport, max_bad_share: float) -> None:
    """Refuse a set in which too many files are unusable.

    Raises:
        DataError: with the count, three examples and the way out.
    """
    if report.bad_share <= max_bad_share:
        return
    bad = [p for p in report.problems if p.path and p.severity == "left out"]
    faults = "; ".join(f"{p.path} ({p.kind})" for p in bad[:3])
    why = f" The first: {bad[0].detail}" if bad else ""
    raise DataError(
        f"{report.name}: {report.counts['unusable']} of {report.counts['files']} "
        f"files cannot be used ({report.bad_share:.0%}), for example {faults}.{why} "
        f"Expected at most {max_bad_share:.0%}. `tfapp check` lists them; fix them or "
        "raise `data.check.max_bad_share`."
    )


def _counts_text(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {split}" for split, count in counts.items())


def _line(problem: Problem) -> str:
    return f"  {problem.path}: {problem.detail}" if problem.path else problem.detail
