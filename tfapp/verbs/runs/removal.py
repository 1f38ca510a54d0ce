"""Delete runs, and nothing that is not a run."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tfapp.base.errors import ConfigError
from tfapp.base.files import explained
from tfapp.runs import Run, numbered
from tfapp.tuning.folder import SearchFolder
from tfapp.verbs.runs.listing import is_run


def remove_runs(
    names: Sequence[str], *, every: bool = False, runs_folder: Path | str = "runs"
) -> list[Path]:
    """Delete runs for good; exported SavedModels stay.

    Args:
        names: NAME/NUMBER or the folder of a run; NAME where it has one run only.
        every: whether NAME means all of its runs, a search with all its trials too.
        runs_folder: where runs lie.

    Returns:
        The folders that are no longer there.

    Raises:
        ConfigError: if a name is no run or means several, before anything is deleted;
            if a process works in a run.
    """
    places = [p for name in names for p in _meant(name, every, Path(runs_folder))]
    places = list(dict.fromkeys(places))
    for place in places:
        _delete(place)
    return places


def _meant(name: str, every: bool, root: Path) -> list[Path]:
    """Return the folders that a name means: runs, or a search as a whole."""
    for folder in (root / name, Path(name).expanduser()):
        if is_run(folder):
            _refuse_trial(folder)
            return [folder]
        runs = [place for place in numbered(folder) if is_run(place)]
        if every and SearchFolder(folder).identity_file.is_file():
            return [folder]
        if len(runs) > 1 and not every:
            shown = ", ".join(f"{folder.name}/{place.name}" for place in runs[:9])
            raise ConfigError(
                f"{name!r} means {len(runs)} runs. Name those to delete ({shown}"
                f"{', …' if len(runs) > 9 else ''}), or delete all with --all."
            )
        if runs:
            for place in runs:
                _refuse_trial(place)
            return runs
    raise ConfigError(
        f"No run {name!r} below {str(root)!r}: nothing was deleted. Expected "
        "NAME/NUMBER; `tfapp runs` lists them."
    )


def _refuse_trial(folder: Path) -> None:
    if SearchFolder(folder.parent).identity_file.is_file():
        raise ConfigError(
            f"{folder} is a trial of the search {folder.parent}, which needs all of "
            f"them. Delete the search: `tfapp runs rm {folder.parent.name} --all`."
        )


def _delete(folder: Path) -> None:
    """Delete a folder in which nobody works, and its parent if it is left empty."""
    if folder.is_symlink():
        raise ConfigError(
            f"{folder} is a link to {folder.resolve()}. Delete that folder by yourself."
        )
    try:
        with Run(folder).locked():
            shutil.rmtree(folder)
        if folder.name.isdigit():
            with suppress(OSError):  # other runs are left
                folder.parent.rmdir()
    except OSError as error:
        raise explained(error, folder) from error
