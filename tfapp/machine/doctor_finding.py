"""One thing that was looked at."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        name: what was looked at; the same on every machine.
        value: what was found, in words.
        status: "ok"; "warning" for what may matter; "problem" for what stops work.
        advice: the way out, "" if there is nothing to do.
    """

    name: str
    value: str
    status: Status = "ok"
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return asdict(self)
