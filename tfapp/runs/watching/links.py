"""Runs under readable names in one folder, for TensorBoard."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tfapp.base.errors import ConfigError
from tfapp.report.wording import amount, percent
from tfapp.runs import Run, numbered
from tfapp.runs.finding import no_run


class Links:
    """Links to the logs of runs: NAME/NUMBER, and the main figure once it is known.

    Args:
        folder: of the links, empty.
        names: folders, "NAME/NUMBER", or "NAME" for all runs of that name; () for all.
        root: where runs lie.
    """

    def __init__(self, folder: Path, names: Sequence[str], root: Path) -> None:
        self.folder = folder
        self.names = names
        self.root = root
        self.linked: dict[Path, Path] = {}

    def refresh(self) -> None:
        """Link what has been begun since the last call.

        Raises:
            ConfigError: if a name is that of no run, or there is none at all.
        """
        for run in _chosen(self.names, self.root):
            logs = run.folder / "logs"
            if logs in self.linked or not logs.is_dir():
                continue
            link = self.folder / run.name / (run.folder.name + _figure(run))
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(logs.resolve(), target_is_directory=True)
            self.linked[logs] = link
            self._link_columns(run)

    def _link_columns(self, run: Run) -> None:
        """Link what a search says of its table's columns, which lies above the runs."""
        for file in run.folder.parent.glob("events.out.*"):
            link = self.folder / run.name / file.name
            if not link.is_symlink():
                link.symlink_to(file.resolve())


def _chosen(names: Sequence[str], root: Path) -> Iterator[Run]:
    if not names:
        folders = sorted(p.parent for p in root.glob("*/*/logs"))
        if not folders:
            raise ConfigError(
                f"No runs below {str(root)!r}. Start one with `tfapp run digits`."
            )
        yield from map(Run, folders)
    for name in names:
        yield from _named(name, root)


def _named(name: str, root: Path) -> list[Run]:
    for folder in (Path(name).expanduser(), root / name):
        if (folder / "logs").is_dir():
            return [Run(folder)]
        if places := numbered(folder):
            return [Run(place) for place in places]
    raise no_run(name, root)


def _figure(run: Run) -> str:
    """Return the main figure of a finished run, "" for any other."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        metrics = json.loads((run.folder / "metrics.json").read_text("utf-8"))
        metric = metrics["metric"]
        value = float(metrics[metric["key"]])
        shown = percent(value) if metric["unit"] == "%" else amount(value, "")
        # A slash would begin another level of the tree of runs.
        return f" {metric['short']} {shown}".replace("/", " per ")
    return ""
