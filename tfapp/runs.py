"""A run's folder: runs/NAME/NUMBER and what lies in it."""

import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tfapp.errors import ConfigError
from tfapp.files import explained, write_json, write_text

PACKAGES = (
    "tfapp",
    "tensorflow",
    "keras",
    "numpy",
    "scikit-learn",
    "tensorflow-datasets",
)


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
        """Recipe, classes, metrics and versions of the model beside it."""
        return self.folder / "tfapp.json"

    def set_status(self, status: str, detail: str = "") -> None:
        """Record whether the run is running, complete, interrupted or failed."""
        write_json(self.folder / "status.json", {"status": status, "detail": detail})

    def discard(self) -> None:
        """Remove the run's folder, and that of its name if it holds no other run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.folder.parent, self.folder.parent.parent):
            with suppress(OSError):  # only an empty folder goes
                folder.rmdir()

    def status(self) -> str:
        """Return the recorded status, "unknown" if there is none."""
        try:
            text = (self.folder / "status.json").read_text(encoding="utf-8")
            return str(json.loads(text)["status"])
        except (OSError, ValueError, KeyError):
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


def find(text: str, root: Path) -> Run:
    """Return the run that a person means by a path, "NAME/NUMBER" or "NAME".

    A name alone means its latest complete run.

    Raises:
        ConfigError: if there is no such run.
    """
    for folder in (Path(text).expanduser(), root / text):
        if folder.is_dir() and folder.name.isdigit():
            return Run(folder)
        complete = [
            p for p in numbered(folder) if Run(p).status() in ("complete", "unknown")
        ]
        if complete:
            return Run(max(complete, key=lambda p: int(p.name)))
        if unfinished := numbered(folder):
            raise ConfigError(
                f"No run of {text!r} is complete: {unfinished[-1]} is "
                f"{Run(unfinished[-1]).status()!r}. Run its recipe again."
            )
    known = sorted(p.name for p in root.iterdir()) if root.is_dir() else []
    raise ConfigError(
        f"No run {text!r} below {str(root)!r}. Expected a folder such as "
        f"{root}/NAME/1, or one of the names {known}."
    )


def numbered(folder: Path) -> list[Path]:
    """Return the subfolders whose names are integers, by number."""
    if not folder.is_dir():
        return []
    found = [p for p in folder.iterdir() if p.name.isdigit() and p.is_dir()]
    return sorted(found, key=lambda p: int(p.name))


def read_card(folder: Path) -> dict[str, Any]:
    """Read the tfapp.json of a run or of an exported model."""
    path = folder / "tfapp.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ConfigError(
            f"{folder} has no tfapp.json: the run did not finish, or the folder "
            "holds no tfapp model."
        ) from None
    except ValueError:
        raise ConfigError(f"{path} is damaged: it is not JSON.") from None


def record_start(run: Run, recipe_toml: str, facts: Mapping[str, Any]) -> None:
    """Write what is known before training: the resolved recipe and the versions."""
    write_text(run.folder / "recipe.toml", recipe_toml)
    write_json(run.folder / "environment.json", dict(facts))


def environment() -> dict[str, Any]:
    """Return versions, platform, command line and the commit of the working folder."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "versions": versions,
        "platform": platform.platform(),
        "command": sys.argv,
        "git_commit": _git_commit(),
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _git_commit() -> str:
    """Return the commit of the working folder, with "+changes" if it has any."""
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{head}+changes" if changed else head


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], capture_output=True, text=True, timeout=5, check=True
    )
    return done.stdout.strip()
