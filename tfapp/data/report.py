"""What a check reports: for the terminal and as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tfapp.base.errors import DataError, TfappError
from tfapp.data.faults import Problem, problem_lines, problems_by_kind
from tfapp.data.listing import Source
from tfapp.data.spec import SPLITS, Example

MAX_IMBALANCE = 3.0
FEW = 5
"""Examples of a class below which a check advises against it."""


@dataclass(frozen=True)
class CheckReport:
    """The state of a data set.

    Args:
        name: of the source.
        noun: what the examples are, in the plural.
        counts: "files" inspected, "usable", "unusable", "left out" (unusable files
            and refused copies), and files passed over: "hidden", "foreign".
        classes: usable examples by class, then by split ("all" where none is given);
            {} for data without classes.
        facts: JSON-ready facts of the domain, such as a typical size.
        problems: everything that is wrong or odd.
        duplicates: groups of names of examples with the very same content.
        near_duplicates: (name, name, difference) of examples that are nearly alike.
        labels: what the classes are called, in the plural.
    """

    name: str
    noun: str
    counts: Mapping[str, int]
    classes: Mapping[str, Mapping[str, int]]
    facts: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    near_duplicates: tuple[tuple[str, str, int], ...] = ()
    labels: str = "classes"

    @property
    def usable(self) -> int:
        """Number of examples that can be learned from or tested on."""
        return self.counts["usable"]

    @property
    def per_class(self) -> dict[str, int]:
        """Number of usable examples of every class, all splits together."""
        return {name: sum(counts.values()) for name, counts in self.classes.items()}

    @property
    def bad_share(self) -> float:
        """Share of all files that cannot be used, in [0, 1]."""
        return self.counts["unusable"] / max(1, self.counts["files"])

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary of everything."""
        return {**asdict(self), "bad_share": self.bad_share}

    def lines(self) -> list[str]:
        """Return the report for the terminal, a few examples of each problem."""
        classes = [f"{len(self.classes)} {self.labels}"] if self.classes else []
        parts = [
            f"{self.counts['files']} {self.noun}",
            *classes,
            f"{self.counts['left out']} left out",
        ]
        lines = [f"{self.name}: {', '.join(parts)}"]
        lines += [f"  {name}: {_counts_text(n)}" for name, n in self.classes.items()]
        return lines + problem_lines(self.problems)

    def summary(self) -> str:
        """Return one line about what was left out, "" if nothing was."""
        kinds = {
            kind: len(problems)
            for (severity, kind), problems in problems_by_kind(self.problems).items()
            if severity == "left out"
        }
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        return f"left out: {counts} (`tfapp check` lists them)" if counts else ""


def first_problems(report: CheckReport, kinds: Iterable[str]) -> list[str]:
    """Return a line for the first problem of each kind that occurs.

    Args:
        report: of a set.
        kinds: of problems, in the order of the lines.
    """
    firsts = {problem.kind: problem for problem in reversed(report.problems)}
    found = [firsts[kind] for kind in kinds if kind in firsts]
    return [f"{p.kind}: {', '.join(filter(None, (p.path, p.detail)))}" for p in found]


def refuse_damaged(report: CheckReport, max_bad_share: float) -> None:
    """Refuse a set in which too many files are unusable.

    Raises:
        DataError: with the count, three examples and the way out.
    """
    if report.bad_share <= max_bad_share:
        return
    bad = [p for p in report.problems if p.path and p.severity == "left out"]
    faults = "; ".join(f"{p.path} ({p.kind})" for p in bad[:3])
    why = f" The first: {bad[0].detail.rstrip('.')}." if bad else ""
    raise DataError(
        f"{report.name}: {report.counts['unusable']} of {report.counts['files']} "
        f"files cannot be used ({report.bad_share:.0%}), for example {faults}.{why} "
        f"Expected at most {max_bad_share:.0%}. `tfapp check` lists them; fix them or "
        "raise `data.check.max_bad_share`."
    )


def refused(report: CheckReport, error: TfappError) -> CheckReport:
    """Return a report that says what training would refuse."""
    problem = Problem("", "training", "refused", str(error))
    return replace(report, problems=(*report.problems, problem))


def class_counts(
    labels: Sequence[str], examples: Sequence[Example]
) -> dict[str, dict[str, int]]:
    """Return the number of examples by class and split, "all" without splits."""
    counts = Counter((e.stratum, e.split or "all") for e in examples)
    splits = [s for s in (*SPLITS, "all") if any(key[1] == s for key in counts)]
    return {name: {s: counts[name, s] for s in splits} for name in labels}


def set_problems(
    source: Source, examples: Sequence[Example], noun: str
) -> Iterator[Problem]:
    """Yield what is odd about a set as a whole: files passed over, small classes.

    Args:
        source: of the examples.
        examples: that are usable.
        noun: what they are, in the plural.
    """
    passed_over = {
        "hidden": "hidden files and folders (.DS_Store and the like)",
        "foreign": f"files that are no {noun} by their extension",
    }
    for why, files in passed_over.items():
        if count := source.skipped.get(why, 0):
            detail = f"{count} {files} are passed over."
            yield Problem("", f"{why} files", "note", detail)
    counts = Counter(dict.fromkeys(source.labels or ("",), 0))
    counts.update(e.stratum for e in examples if e.split in ("", "train"))
    everywhere = Counter(e.stratum for e in examples)
    for label, count in sorted(counts.items()):
        if count < FEW:
            detail = f"only {count} {noun} to learn from; results will vary much."
            if everywhere[label] == 1:
                detail = (
                    "a single example, which is learned from: nothing is left to test "
                    f"the class on. Add {noun}, or remove the class."
                )
            yield Problem(label, f"few {noun}", "used with care", detail)
    (most, high), (least, low) = counts.most_common()[0], counts.most_common()[-1]
    if high > MAX_IMBALANCE * max(low, 1):
        detail = (
            f"{high} {noun} of {most} for {low} of {least}; consider class weights."
        )
        yield Problem("", "class imbalance", "note", detail)


def _counts_text(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {split}" for split, count in counts.items())
