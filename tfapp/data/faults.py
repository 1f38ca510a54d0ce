"""What can be wrong with one file or with the whole set."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["refused", "left out", "used with care", "note"]


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
