"""Which kind of data lies at a path; each domain recognises its own."""

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base import registry
from tfapp.base.errors import DataError
from tfapp.data.place import expand_path

TABLES = (".csv", ".tsv")
LONGEST = 2**20
"""Bytes of a first line that is looked at."""
SHOWN = 100
"""Characters of it that a message shows."""


@dataclass(frozen=True)
class Detected:
    """What a domain has recognised.

    Args:
        data: the kind of data, as recipes name it.
        task: that `fit` chooses for it.
        why: the reason, in a few words.
    """

    data: str
    task: str
    why: str

    def for_task(self, task: str) -> "Detected":
        """Return what it is for a task that the user sets, "" for the one chosen."""
        kinds = registry.union("TASK_DATA").get(task, ())
        if task in ("", self.task) or not kinds:
            return self
        kind = self.data if self.data in kinds else kinds[0]
        return Detected(kind, task, "it is set")


def detect(
    path: str, options: Mapping[str, Any] | None = None, task: str = ""
) -> Detected:
    """Return what lies at a path, by the first domain that recognises it.

    A domain recognises its data in `detect.py`: `detect(place, options) -> Detected
    | None`, by names and headers, and by the cells of a table where they tell the task.

    Args:
        path: as `data.path`.
        options: as `data.options`, as far as the user has set them.
        task: that the user sets; "" for the one that the data is recognised for.

    Raises:
        ConfigError: if the path uses an environment variable that is not set.
        DataError: if nothing is there, or nothing that a domain recognises.
    """
    place = expand_path(path)
    if _lack(Path(place)):
        raise DataError(_unrecognised(place))
    for target in _detectors(registry.domains()).values():
        detected: Detected | None = registry.load_target(target)(place, options or {})
        if detected is not None:
            return detected.for_task(task)
    raise DataError(_unrecognised(place))


def require_place(path: str, kind: str) -> None:
    """Refuse a path where nothing is, before TensorFlow's seconds.

    Args:
        path: as `data.path`; one that names a source, as `digits` does, is right.
        kind: as `data.kind`.

    Raises:
        ConfigError: if the path uses an environment variable that is not set.
        DataError: if nothing is there.
    """
    place = expand_path(path)
    if Path(place).exists():
        return
    homes = [d for d, kinds in registry.tables("DATA").items() if kind in kinds]
    for target in _detectors(homes).values():
        if registry.load_target(target)(place, {}) is None:
            raise DataError(_unrecognised(place))


def _detectors(domains: Iterable[str]) -> dict[str, str]:
    """Return the function of every domain that can recognise data."""
    modules = {domain: f"{registry.DOMAINS}.{domain}.detect" for domain in domains}
    return {d: f"{m}:detect" for d, m in modules.items() if importlib.util.find_spec(m)}


def _unrecognised(place: str) -> str:
    forms = "; ".join(registry.tables("FORMS").values())
    if not place:
        return f"`data.path` is empty. Expected {forms}."
    if not Path(place).exists():
        return (
            f"`data.path`: there is no {place!r} (looked from {Path.cwd()}). "
            f"Expected {forms}."
        )
    if lack := _lack(Path(place)):
        return f"`data.path`: {place!r} {lack}."
    if Path(place).suffix.lower() in TABLES and (header := _first_line(Path(place))):
        columns = "; ".join(registry.tables("COLUMNS").values())
        return (
            f"`data.path`: {place!r} holds no data that tfapp recognises; its first "
            f"line is {header[:SHOWN]!r}. Expected a table with columns of {columns}."
        )
    return (
        f"`data.path`: {place!r} holds no data that tfapp recognises. Expected {forms}."
    )


def _first_line(path: Path) -> str:
    """Return the first line of a file, "" if it is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.readline(LONGEST).decode(errors="backslashreplace").strip()


def _lack(path: Path) -> str:
    """Return what a file lacks to be data of any kind, "" for nothing."""
    if not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            line = file.readline(LONGEST)
            is_whole = len(line) == LONGEST or bool(file.read(1))
    except OSError:  # a domain names the reason
        return ""
    if not line:
        return "is an empty file. Expected data in it"
    is_table = path.suffix.lower() in TABLES
    alone = "has a header and no rows. Expected one line for each example below it"
    return alone if is_table and not is_whole else ""
