"""The folder of a search: RUNS/NAME_tune, in which every trial is an ordinary run."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base.errors import ConfigError
from tfapp.base.files import replacing, write_json, write_text
from tfapp.base.storage.checksums import read_sealed, write_sealed
from tfapp.runs import Run, numbered

SUFFIX = "_tune"
LARGE = (".h5", ".npz")
"""Endings of the files that hold weights and states."""


@dataclass(frozen=True)
class SearchFolder:
    """Where a search keeps what it knows.

    Args:
        folder: RUNS/NAME_tune; trial NUMBER is the run RUNS/NAME_tune/NUMBER.
    """

    folder: Path

    @property
    def state_file(self) -> Path:
        """What the oracle remembers, as one file."""
        return self.folder / "search.json"

    @property
    def identity_file(self) -> Path:
        """What makes it this search: the recipe, the space, the tuner."""
        return self.folder / "identity.json"

    @property
    def page(self) -> Path:
        """The page on the search."""
        return self.folder / "tuning.html"

    @property
    def best_recipe(self) -> Path:
        """The best recipe so far, to be run."""
        return self.folder / "best.toml"

    def run(self, number: int) -> Run:
        """Return the run of a trial."""
        return Run(self.folder / str(number))

    def log(self, number: int) -> Path:
        """Return the file of all that the processes of a trial print."""
        return self.folder / "trials" / f"{number}.log"

    def outcome(self, number: int) -> Path:
        """Return the file in which the process of a trial says how it ended."""
        return self.folder / "trials" / f"{number}.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep another search out of the folder.

        Raises:
            ConfigError: if a search is going on in it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with Run(self.folder).locked():
            yield

    def require_same(self, identity: Mapping[str, Any]) -> None:
        """Record what makes the search, or refuse another one in its folder.

        Raises:
            ConfigError: naming the first key that differs, and both ways out.
        """
        current = json.loads(json.dumps(identity))
        try:
            before = json.loads(self.identity_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            write_json(self.identity_file, current)
            return
        for key, old, new in differences(before, current):
            raise ConfigError(
                f"The search in {self.folder} began with {key} = {old}, not {new}: "
                "scores of both would not be comparable. Change it back, or begin "
                "another search with --name NAME."
            )

    def read_state(self) -> dict[str, Any] | None:
        """Return what the oracle remembered, None for a search that is new."""
        try:
            return dict(json.loads(self.state_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def write_state(self, snapshot: Mapping[str, Any]) -> None:
        """Replace what the oracle remembered, as a whole."""
        write_text(self.state_file, json.dumps(snapshot))

    def go_on_from(self, number: int, earlier: int) -> None:
        """Make a trial begin where an earlier one paused, once."""
        run, source = self.run(number).folder, self.run(earlier).folder
        if run.exists() or not source.is_dir():
            return
        with replacing(run) as temporary:
            shutil.copytree(source, temporary, ignore=shutil.ignore_patterns(".lock"))

    def share_split(self, number: int) -> None:
        """Give a trial the split of the first one, so that all are judged alike."""
        split = self.run(number).split_file
        first = self.run(0).split_file
        if number and first.is_file() and not split.exists():
            write_sealed(split, read_sealed(first))

    def reduce(self, number: int) -> None:
        """Remove the weights and states of a trial; its figures stay."""
        checkpoints = self.run(number).folder / "checkpoints"
        for path in checkpoints.glob("*") if checkpoints.is_dir() else ():
            if path.suffix in LARGE:
                path.unlink(missing_ok=True)

    def forget(self, number: int) -> None:
        """Remove the run of a trial; the search keeps its settings and its score."""
        shutil.rmtree(self.run(number).folder, ignore_errors=True)

    def size(self) -> int:
        """Return the bytes of all trials."""
        total = 0
        for folder in numbered(self.folder):
            for path in folder.rglob("*"):
                with suppress(OSError):  # a trial may remove it meanwhile
                    total += path.stat().st_size if path.is_file() else 0
        return total


def differences(
    before: Any, after: Any, key: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield dotted key, old and new value of everything that differs."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            below = f"{key}.{name}" if key else name
            yield from differences(before.get(name), after.get(name), below)
    elif before != after:
        yield f"`{key}`", before, after
