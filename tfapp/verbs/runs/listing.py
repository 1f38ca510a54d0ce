"""Every run below a folder: when, which task, how good, how large."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tfapp import recipes
from tfapp.base.errors import DamageError, TfappError
from tfapp.base.storage.checksums import read_sealed
from tfapp.report.wording import amount
from tfapp.runs import Run, numbered
from tfapp.tasks.results import read_metric

MARKS = ("recipe.toml", "status.json", "metrics.json")
"""Files of which every run has at least one."""


@dataclass(frozen=True)
class RunSummary:
    """One run in a list.

    Args:
        name: NAME/NUMBER, as other verbs take it.
        date: at which it began, "2026-11-28 09:30"; "" if that is not recorded.
        task: of its recipe, "" if that cannot be read.
        status: complete, or how far it came.
        figure: name of its primary metric, "" for a run without figures.
        value: of the primary metric, None without.
        unit: of the value; "%" for a share.
        size: bytes of all its files.
    """

    name: str
    date: str
    task: str
    status: str
    figure: str
    value: float | None
    unit: str
    size: int

    @property
    def result(self) -> str:
        """The primary metric in words; how far the run came if it has none."""
        if not self.figure:
            return self.status
        return f"{self.figure} {amount(self.value, self.unit)}"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready row."""
        return asdict(self)


def list_runs(runs_folder: Path | str = "runs") -> list[RunSummary]:
    """List every run below a folder, the newest last.

    Args:
        runs_folder: where runs lie; one that does not exist holds none.

    Returns:
        A row per run, damaged and unfinished ones too.
    """
    return sorted(
        (_summary(run) for run in _runs(Path(runs_folder))), key=lambda row: row.date
    )


def is_run(folder: Path) -> bool:
    """Tell whether a folder is a run's, and not just called by a number."""
    return folder.name.isdigit() and any((folder / name).is_file() for name in MARKS)


def _runs(root: Path) -> Iterator[Run]:
    for parent in sorted(root.iterdir()) if root.is_dir() else []:
        yield from (Run(folder) for folder in numbered(parent) if is_run(folder))


def _summary(run: Run) -> RunSummary:
    figure, value, unit = _figure(run.folder / "metrics.json")
    task = ""
    with suppress(TfappError):
        task = str(recipes.read_table(run.recipe_file).get("task", ""))
    name = f"{run.name}/{run.number}"
    size = _size(run.folder)
    return RunSummary(name, _date(run), task, run.status(), figure, value, unit, size)


def _date(run: Run) -> str:
    with suppress(OSError, DamageError, ValueError, KeyError, TypeError):
        started = json.loads(read_sealed(run.folder / "environment.json"))["started"]
        return str(started)[:16].replace("T", " ")
    return ""


def _figure(path: Path) -> tuple[str, float | None, str]:
    """Return name, value and unit of the primary metric; ("", None, "") without."""
    try:
        stored = json.loads(read_sealed(path))
        metric = read_metric(stored["metric"])
        value = stored[metric.key]
        return metric.short, None if value is None else float(value), metric.unit
    except FileNotFoundError:
        return "", None, ""
    except (OSError, DamageError, LookupError, TypeError, ValueError, AttributeError):
        return "damaged figures:", None, ""


def _size(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # a file of a run that goes on may vanish
                total += os.lstat(os.path.join(place, name)).st_size
    return total
