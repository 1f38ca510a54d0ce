"""The command that chooses everything by the data."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import (
    Data,
    Delimiter,
    Image,
    Json,
    Label,
    LabelFrom,
    Log,
    Models,
    Overrides,
    Quiet,
    Runs,
    Separator,
    TextColumn,
    data_overrides,
)


def fit(
    data: Data,
    overrides: Overrides = [],  # noqa: B006 - typer copies it
    minutes: Annotated[float, typer.Option(min=0, help="Budget; 0 = none.")] = 0.0,
    name: Annotated[str, typer.Option(help="Of the run and the model.")] = "",
    backbone: Annotated[
        str, typer.Option(help="Network to begin with: `tfapp weights list`.")
    ] = "",
    epochs: Annotated[
        int, typer.Option(min=0, help="Of the training; 0 = choose.")
    ] = 0,
    image: Image = "",
    text: TextColumn = "",
    label: Label = "",
    label_from: LabelFrom = "",
    separator: Separator = "",
    delimiter: Delimiter = "",
    runs_folder: Runs = Path("runs"),
    saved_models: Models = Path("saved_models"),
    json: Json = False,
    quiet: Quiet = False,
    log: Log = "text",
) -> None:
    """Look at data, choose everything, train, evaluate and export.

    What was chosen lies in runs/NAME/NUMBER/recipe.toml; `tfapp run` of that file,
    with --set KEY=VALUE, repeats and changes it.
    """
    from tfapp.verbs.fit import fit

    said = data_overrides(image, label, label_from, separator, delimiter, text)
    result = fit(
        data,
        [*said, *overrides],
        minutes=minutes,
        name=name,
        backbone=backbone,
        epochs=epochs,
        runs_folder=runs_folder,
        saved_models=saved_models,
        reporter=Reporter(quiet, log=log),
    )
    show.result(result, json)
