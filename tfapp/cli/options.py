"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[str, typer.Argument(help="Folder, .csv, .npz, tfds:NAME, or digits.")]
Name = Annotated[str, typer.Argument(help="Run: NAME, NAME/NUMBER, or folder.")]
Inputs = Annotated[list[str], typer.Argument(help="Files, folders or globs.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder of all runs.")]
Models = Annotated[Path, typer.Option("--saved-models", help="Folder of exports.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]


def listed(text: str) -> list[str]:
    """Return the parts of an option that takes several, with commas between."""
    return [part.strip() for part in text.split(",") if part.strip()]
