"""The commands that answer new inputs, and explain the answers."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Inputs, Json, Name, Quiet, Runs, listed, named_values


def predict(
    model: Annotated[str, typer.Argument(help="SavedModel, run, or exported file.")],
    inputs: Inputs,
    fields: Annotated[
        list[str],
        typer.Option("--with", help="NAME=VALUE, e.g. date=2026-05-01."),
    ] = [],  # noqa: B006 - typer copies it
    csv: Annotated[str, typer.Option(help="Also write a CSV file.")] = "",
    out: Annotated[str, typer.Option(help="Folder of answers that are files.")] = "",
    top: Annotated[int, typer.Option(min=1, help="Classes shown per input.")] = 3,
    runs_folder: Runs = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer new inputs: the class of images, or the classes of all their pixels."""
    from tfapp.base.files import require_writable_file
    from tfapp.verbs.predict import FOLDER, predict, write_csv

    if csv:  # before the work, not after it
        require_writable_file(Path(csv))
    predictions = predict(
        model,
        inputs,
        fields=named_values(fields),
        out=out or FOLDER,
        runs_folder=runs_folder,
        reporter=Reporter(quiet),
    )
    if csv:
        write_csv(Path(csv), predictions)
    show.predictions(predictions, top, json)
    predictions.require_good()


def explain(
    name: Name,
    inputs: Inputs,
    method: Annotated[
        str, typer.Option(help="Kinds of explanation, comma-separated; default: all.")
    ] = "",
    label: Annotated[
        str, typer.Option(help="Explain this class too: its name, second, or folder.")
    ] = "",
    out: Annotated[str, typer.Option(help="Folder of what is written.")] = "",
    runs_folder: Runs = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what in an input decides its answer."""
    from tfapp.verbs.explain import explain

    explanations = explain(
        name,
        inputs,
        methods=listed(method),
        label=label,
        out=out,
        runs_folder=runs_folder,
        reporter=Reporter(quiet),
    )
    show.explanations(explanations, json)
    explanations.require_good()
