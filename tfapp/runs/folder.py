"""A run's folder: runs/NAME/NUMBER and what lies in it."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from tfapp import recipes
from tfapp.base.errors import ConfigError, DamageError
from tfapp.base.files import explained, locked
from tfapp.base.storage.checksums import (
    read_sealed,
    require_intact,
    write_sealed,
    write_sealed_json,
)
from tfapp.base.storage.scratch import clear_leftovers
from tfapp.recipes.config import Recipe


@dataclass(frozen=True)
class Run:
    """The folder of one run.

    Args:
        folder: runs/NAME/NUMBER.
    """

    folder: Path

    @property
    def name(self) -> str:
        """Name of the recipe that was run."""
        return self.folder.parent.name

    @property
    def number(self) -> int:
        """Number of the run among those of its name."""
        return int(self.folder.name)

    @property
    def split_file(self) -> Path:
        """Which example is in which split."""
        return self.folder / "split.json"

    @property
    def model_file(self) -> Path:
        """The trained Keras model."""
        return self.folder / "model.keras"

    @property
    def card_file(self) -> Path:
        """Recipe, classes, metrics and versions of the model next to it."""
        return self.folder / "tfapp.json"

    @property
    def recipe_file(self) -> Path:
        """The fully resolved recipe."""
        return self.folder / "recipe.toml"

    @property
    def resume_command(self) -> str:
        """The command that goes on with this run."""
        return f"tfapp run {quote(str(self.folder))} --resume"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out; the system lifts the lock of a killed one.

        Raises:
            ConfigError: if another process works in the folder.
        """
        (self.folder / ".lock").touch()
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self.folder / ".lock"))
            except BlockingIOError:
                raise ConfigError(
                    f"{self.folder} is in use: another process is still at this run. "
                    "Wait for it, or stop it."
                ) from None
            yield

    def clear_leftovers(self, saved_models: Path) -> None:
        """Remove what killed processes have left half-written, here and in exports."""
        for folder, _, _ in os.walk(self.folder):
            clear_leftovers(Path(folder))
        clear_leftovers(saved_models / self.name)

    def recipe(self) -> Recipe:
        """Read the resolved recipe.

        Raises:
            DamageError: if it is not as it was written.
            ConfigError: if it is none.
        """
        with suppress(FileNotFoundError):  # the recipe's own error names the way out
            require_intact(self.recipe_file)
        return recipes.load_recipe(str(self.recipe_file))

    def seconds_trained(self) -> float:
        """Return the seconds that finished phases took, 0 if none is finished."""
        total = 0.0
        for path in (self.folder / "checkpoints").glob("*.json"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                total += float(json.loads(path.read_text(encoding="utf-8"))["seconds"])
        return total

    def set_status(self, status: str, detail: str = "") -> None:
        """Record whether the run is running, complete, interrupted or failed."""
        value = {"status": status, "detail": detail}
        write_sealed_json(self.folder / "status.json", value)

    def discard(self) -> None:
        """Remove the run's folder, and that of its name if it holds no other run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.folder.parent, self.folder.parent.parent):
            with suppress(OSError):  # only an empty folder goes
                folder.rmdir()

    def status(self) -> str:
        """Return the recorded status, "unknown" if there is none."""
        try:
            text = read_sealed(self.folder / "status.json")
            return str(json.loads(text)["status"])
        except (OSError, ValueError, KeyError, TypeError):  # damage is one of them
            return "unknown"

    def card(self) -> dict[str, Any]:
        """Read tfapp.json.

        Raises:
            ConfigError: if the run has none, because it did not finish.
        """
        return read_card(self.folder)


def create(root: Path, name: str) -> Run:
    """Make the next free folder root/NAME/NUMBER.

    Raises:
        TfappError: if the folder cannot be made.
    """
    parent = root / name
    try:
        parent.mkdir(parents=True, exist_ok=True)
        number = max((int(p.name) for p in numbered(parent)), default=0) + 1
        while True:
            try:
                (parent / str(number)).mkdir()
                return Run(parent / str(number))
            except FileExistsError:  # another run was quicker
                number += 1
    except OSError as error:
        raise explained(error, parent) from error


def numbered(folder: Path) -> list[Path]:
    """Return the subfolders whose names are integers, by number."""
    if not folder.is_dir():
        return []
    folders = [p for p in folder.iterdir() if p.name.isdigit() and p.is_dir()]
    return sorted(folders, key=lambda p: int(p.name))


def read_card(folder: Path) -> dict[str, Any]:
    """Read the tfapp.json of a run or of an exported model."""
    path = folder / "tfapp.json"
    try:
        return dict(json.loads(read_sealed(path)))
    except FileNotFoundError:
        raise ConfigError(
            f"{folder} has no tfapp.json: the run did not finish, or the folder "
            "holds no tfapp model."
        ) from None
    except DamageError:
        raise
    except (ValueError, TypeError):
        raise ConfigError(f"{path} is damaged: it is not JSON.") from None


def record_start(run: Run, recipe_toml: str, facts: Mapping[str, Any]) -> None:
    """Write what is known before training: the resolved recipe and the versions."""
    write_sealed(run.recipe_file, recipe_toml)
    write_sealed_json(run.folder / "environment.json", dict(facts))
