"""The command that starts several workers on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli.options import Json, Models, Overrides, Quiet, Runs


def launch(
    recipe: Annotated[str, typer.Argument(help="Name, file, or run to resume.")],
    workers: Annotated[
        int, typer.Option("--workers", "-n", min=1, help="Processes, one per GPU.")
    ] = 2,
    overrides: Overrides = [],  # noqa: B006 - typer copies it
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was killed.")
    ] = False,
    runs_folder: Runs = Path("runs"),
    saved_models: Models = Path("saved_models"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a recipe by several processes of this machine, which share every batch."""
    from tfapp.verbs.workers.launch import launch

    launch(
        recipe,
        overrides,
        workers=workers,
        resume=resume,
        runs_folder=runs_folder,
        saved_models=saved_models,
        as_json=json,
        quiet=quiet,
    )


def decode(
    host: Annotated[
        str, typer.Option(help="Name by which runs reach this machine; its own.")
    ] = "",
    port: Annotated[int, typer.Option(min=1, max=65534)] = 12400,
    quiet: Quiet = False,
) -> None:
    """Read and decode images for runs on other machines until Ctrl-C."""
    from tfapp.verbs.workers.decode import decode

    decode(host, port, reporter=Reporter(quiet))
