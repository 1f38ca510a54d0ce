"""What `explain` returns and writes: one sheet per picture, one JSON file for all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.files import free_names
from tfapp.base.storage.checksums import read_sealed, write_sealed_json
from tfapp.export.inputs import require_answers

if TYPE_CHECKING:
    from tfapp.domains.images.explanation.spec import Finding

RECORD = "explanations.json"
SECOND, FOLDER = "second", "folder"
"""Labels that are no class names: the second likeliest, the picture's folder."""

TOP = 5
"""Probabilities recorded of each picture."""


@dataclass(frozen=True)
class ClassShares:
    """The probabilities of a picture's classes.

    Args:
        path: of the picture.
        probabilities: class name → probability, in the order of the model.
        error: why there are none, "" if there are.
    """

    path: str
    probabilities: Mapping[str, float]
    error: str = ""

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the likeliest classes with their probabilities."""
        pairs = sorted(self.probabilities.items(), key=lambda pair: -pair[1])
        return pairs[:count]


@dataclass(frozen=True)
class Explanation:
    """What was found for one picture.

    Args:
        prediction: of the picture, or why there is none.
        sheet: the picture with all explanations, None if it could not be read.
        findings: kind of explanation → its result, with its maps as arrays.
    """

    prediction: ClassShares
    sheet: Path | None = None
    findings: "Mapping[str, Finding]" = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready facts; the maps themselves are on the sheet."""
        row = self.prediction
        if self.sheet is None:
            return {"path": row.path, "error": row.error}
        (label, share), *_ = top = row.top(TOP)
        return {
            "path": row.path,
            "sheet": self.sheet.name,
            "label": label,
            "probability": share,
            "top": dict(top),
            **{kind: finding.facts for kind, finding in self.findings.items()},
        }


@dataclass(frozen=True)
class Explanations:
    """One row per picture, in the order of the inputs.

    Args:
        run: folder of the run that was explained.
        folder: where sheets and explanations.json lie.
        class_names: in the order of the model's outputs.
        kinds: kind of explanation → what holds for all pictures.
        rows: one per picture.
        notes: lines to show the user, such as a kind that was left out.
    """

    run: Path
    folder: Path
    class_names: tuple[str, ...]
    kinds: Mapping[str, Mapping[str, Any]]
    rows: tuple[Explanation, ...]
    notes: tuple[str, ...] = ()

    def require_good(self) -> None:
        """Refuse to pass over pictures that could not be explained.

        Raises:
            DataError: with their number and the first of them.
        """
        require_answers(row.prediction for row in self.rows)

    def table(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return headings, and a row per picture: label, reasons, and its sheet."""
        rows: list[tuple[str, ...]] = []
        for row in self.rows:
            prediction = row.prediction
            if row.sheet is None:
                rows.append((prediction.path, "", "", prediction.error, ""))
                continue
            label, share = prediction.top(1)[0]
            why = "\n".join(finding.summary for finding in row.findings.values())
            rows.append((prediction.path, label, f"{share:.1%}", why, row.sheet.name))
        return ("picture", "label", "probability", "why", "sheet"), rows

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready facts on the model and every picture."""
        return {
            "run": str(self.run),
            "kinds": {kind: dict(facts) for kind, facts in self.kinds.items()},
            "notes": list(self.notes),
            "pictures": [row.to_json() for row in self.rows],
        }

    def write(self) -> Path:
        """Write explanations.json; sheets of earlier calls keep their entries."""
        document = self.to_json()
        anew = {row["path"] for row in document["pictures"]}
        earlier = [row for row in recorded(self.folder) if row["path"] not in anew]
        path = self.folder / RECORD
        write_sealed_json(
            path, document | {"pictures": [*earlier, *document["pictures"]]}
        )
        return path


def recorded(folder: Path) -> list[dict[str, Any]]:
    """Return the pictures that earlier calls explained and whose sheets are here."""
    try:
        rows = json.loads(read_sealed(folder / RECORD))["pictures"]
        return [row for row in rows if (folder / row.get("sheet", ".")).is_file()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []  # none, or not ours: it will be replaced


def sheet_names(folder: Path, paths: Sequence[Path]) -> list[Path]:
    """Choose a sheet for each picture: its own name, and no two the same.

    Pictures of one name from several folders get the folder's name too, then a
    number; a picture that was explained before gets its sheet again.
    """
    taken = {row["sheet"]: row["path"] for row in recorded(folder)}
    return free_names(folder, paths, taken)
