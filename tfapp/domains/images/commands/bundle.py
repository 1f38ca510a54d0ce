"""The command that turns an extractor into a weight file."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Name, Quiet, Runs


def bundle(
    name: Name,
    to: Annotated[Path, typer.Option(help="Folder of the weight file.")],
    trained_on: Annotated[str, typer.Option(help='For weights = "NAME" in recipes.')],
    licence: Annotated[str, typer.Option(help="A sentence for the card.")] = "",
    runs_folder: Runs = Path("runs"),
    quiet: Quiet = False,
) -> None:
    """Turn a run's extractor into a weight file for other recipes."""
    from tfapp.domains.images.verbs.bundle import bundle

    facts = {"trained_on": trained_on, "licence": licence}
    reporter = Reporter(quiet)
    path = bundle(name, to, runs_folder=runs_folder, reporter=reporter, **facts)
    show.line(str(path))
