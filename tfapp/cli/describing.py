"""The command that describes a network."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Json, Quiet, Runs


def describe(
    model: Annotated[
        str, typer.Argument(help="Network, recipe, run, SavedModel or .keras file.")
    ],
    overrides: Annotated[
        list[str], typer.Option("--set", help="KEY=VALUE, e.g. filters=[64,128].")
    ] = [],  # noqa: B006 - typer copies it
    inputs: Annotated[
        str, typer.Option("--input", help="Shape of one example, e.g. 32x32x3.")
    ] = "",
    outputs: Annotated[int, typer.Option(min=0, help="Number of classes.")] = 0,
    runs_folder: Runs = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show a network's layers: shapes, weights, work, and how far each one sees."""
    from tfapp.verbs.describe import describe

    description = describe(
        model,
        overrides,
        inputs=inputs,
        outputs=outputs,
        runs_folder=runs_folder,
        reporter=Reporter(quiet),
    )
    if json:
        show.as_json(description.to_json())
        return
    shapes = description.inputs.values()
    sizes = ", ".join("×".join(str(s or "any") for s in shape) for shape in shapes)
    show.line(f"{description.name}, input {sizes}")
    show.print_table(show.terminal_table(description.table))
