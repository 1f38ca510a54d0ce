"""Arguments and options that several commands have."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from tfapp.base.errors import ConfigError

Data = Annotated[
    str,
    typer.Argument(
        help="Folder or file of photos, texts, sentences, recordings, clips, tables, "
        "series or a graph; tfds:NAME; or digits."
    ),
]
Name = Annotated[str, typer.Argument(help="Run: NAME, NAME/NUMBER, or folder.")]
Inputs = Annotated[list[str], typer.Argument(help="Files, folders or globs.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder of all runs.")]
Models = Annotated[Path, typer.Option("--saved-models", help="Folder of exports.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Overrides = Annotated[
    list[str], typer.Option("--set", help="KEY=VALUE, e.g. training.epochs=3.")
]
Image = Annotated[str, typer.Option("--image", help="CSV column of the images.")]
TextColumn = Annotated[str, typer.Option("--text", help="CSV column of the texts.")]
Label = Annotated[
    str, typer.Option("--label", help="CSV columns of classes, tags or numbers.")
]
LabelFrom = Annotated[
    str, typer.Option(help=r"Class in files' names: (.+)_\d+ for cat_01.jpg.")
]
Separator = Annotated[str, typer.Option(help="Of tags in a cell: ; | or ,")]
Delimiter = Annotated[str, typer.Option(help="Of CSV cells: , ; or tab.")]
Log = Annotated[
    Literal["text", "json"],
    typer.Option("--log", help="Progress on stderr as text, or as lines of JSON."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]


def data_overrides(
    image: str,
    label: str,
    label_from: str,
    separator: str,
    delimiter: str,
    text: str = "",
) -> list[str]:
    """Return overrides of a recipe for what is said of its data."""
    values = {
        "path_column": image,
        "label_column": label,
        "separator": separator,
        "delimiter": delimiter,
        "label_from": label_from,
        "text_column": text,
    }
    return [
        f"data.options.{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
        if value
    ]


def listed(text: str) -> list[str]:
    """Return the parts of an option that takes several, with commas between."""
    return [part.strip() for part in text.split(",") if part.strip()]


def named_values(texts: list[str]) -> dict[str, str]:
    """Return NAME=VALUE texts by name.

    Raises:
        ConfigError: for a text without a name, and for a name twice.
    """
    pairs = [text.partition("=") for text in texts]
    for name, sign, _ in pairs:
        if not (name.strip() and sign):
            raise ConfigError(
                f"`--with` takes NAME=VALUE, e.g. date=2026-05-01. Received: {name!r}"
            )
    values = {name.strip(): value.strip() for name, _, value in pairs}
    if len(values) < len(pairs):
        raise ConfigError(f"`--with` names a value twice. Received: {texts}")
    return values
