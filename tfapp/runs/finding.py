"""The run that a person means by a few words."""

from pathlib import Path

from tfapp.base.errors import ConfigError
from tfapp.runs.folder import Run, numbered


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
            last = Run(unfinished[-1])
            raise ConfigError(
                f"No run of {text!r} is complete: {last.folder} is {last.status()!r}. "
                f"Go on with `{last.resume_command}`."
            )
    raise no_run(text, root)


def no_run(text: str, root: Path) -> ConfigError:
    """Return the error for a run that is not there; it names those that are."""
    names = sorted(p.name for p in root.iterdir()) if root.is_dir() else []
    one_of = f", or one of the names {names}" if names else "; there is none yet"
    return ConfigError(
        f"No run {text!r} below {str(root)!r}. Expected a folder such as "
        f"{root}/NAME/1{one_of}."
    )


def newest(text: str, root: Path) -> Run | None:
    """Return the run of a path or "NAME/NUMBER", the newest of a "NAME", or None."""
    for folder in (Path(text).expanduser(), root / text):
        places = [folder] if folder.name.isdigit() else numbered(folder)
        if places and places[-1].is_dir():
            return Run(places[-1])
    return None


def find_unfinished(text: str, root: Path) -> Run:
    """Return the run that can be resumed, by path, "NAME/NUMBER", or a name.

    A name, or a recipe's file, means the newest of its runs that is not complete.

    Raises:
        ConfigError: if there is no such run.
    """
    name = Path(text).stem if text.endswith(".toml") else text
    for folder in (Path(text).expanduser(), root / name):
        if folder.is_dir() and folder.name.isdigit():
            return _resumable(Run(folder))
        unfinished = [p for p in numbered(folder) if Run(p).status() != "complete"]
        if unfinished:
            return _resumable(Run(unfinished[-1]))
        if complete := numbered(folder):
            raise ConfigError(
                f"Nothing to resume: every run of {text!r} is complete, the newest is "
                f"{complete[-1]}. Leave out --resume to begin a new one."
            )
    raise ConfigError(
        f"Nothing to resume: no run {text!r} below {str(root)!r}. Expected a folder "
        f"such as {root}/NAME/1, or the name of a recipe that was run."
    )


def _resumable(run: Run) -> Run:
    if run.status() == "complete":
        raise ConfigError(
            f"{run.folder} is complete: nothing is left to do. See its report.html."
        )
    if not run.recipe_file.is_file():
        raise ConfigError(
            f"{run.folder} has no recipe.toml, so there is nothing to go on from. Run "
            "its recipe again without --resume."
        )
    return run
