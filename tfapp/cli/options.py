"""Arguments and options that several commands have."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    str, typer.Argument(help="Folder, .csv, .tsv, .npz, tfds:NAME, or digits.")
]
Name = Annotated[str, typer.Argument(help="Run: NAME, NAME/NUMBER, or folder.")]
Inputs = Annotated[list[str], typer.Argument(help="Files, folders or globs.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder of all runs.")]
Models = Annotated[Path, typer.Option("--saved-models", help="Folder of exports.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Overrides = Annotated[
    list[str], typer.Option("--set", help="KEY=VALUE, e.g. training.epochs=3.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]


def as_overrides(table: str, values: Mapping[str, str]) -> list[str]:
    """Return overrides of a recipe's table for the values that are given."""
    return [
        f"{table}.{k}={json.dumps(v, ensure_ascii=False)}"
        for k, v in values.items()
        if v
    ]


def listed(text: str) -> list[str]:
    """Return the parts of an option that takes several, with commas between."""
    return [part.strip() for part in text.split(",") if part.strip()]
