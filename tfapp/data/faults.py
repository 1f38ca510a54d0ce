"""What can be wrong with one file or with the whole set."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["refused", "left out", "used with care", "note"]
SHOWN_PER_KIND = 5


@dataclass(frozen=True)
class Problem:
    """One finding.

    Args:
        path: the file, class or folder concerned; "" for the whole set.
        kind: short name, for example "truncated" or "class imbalance".
        severity: "refused" by training, "left out" of it, "used with care", or a
            "note".
        detail: one sentence for the reader.
    """

    path: str
    kind: str
    severity: Severity
    detail: str

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.kind} ({self.severity}): {self.detail}"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)


def problems_by_kind(
    problems: Iterable[Problem],
) -> Mapping[tuple[str, str], list[Problem]]:
    """Return problems by severity and kind, in the order of these."""
    groups: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        groups[problem.severity, problem.kind].append(problem)
    return dict(sorted(groups.items()))


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """Return the lines for a terminal: each kind, its number and a few examples."""
    lines = []
    for (severity, kind), found in problems_by_kind(problems).items():
        lines.append(f"{severity}: {kind}, {len(found)}")
        lines += [
            f"  {p.path}: {p.detail}" if p.path else p.detail
            for p in found[:SHOWN_PER_KIND]
        ]
        if len(found) > SHOWN_PER_KIND:
            lines.append(f"  … and {len(found) - SHOWN_PER_KIND} more")
    return lines or ["Nothing to complain about."]
