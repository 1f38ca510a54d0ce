"""The command that writes a network for another runtime."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Name, Quiet, Runs


def export(
    name: Name,
    form: Annotated[str, typer.Option("--format", help="litert or onnx.")],
    to: Annotated[str, typer.Option(help="File; default: in the run's folder.")] = "",
    runs_folder: Runs = Path("runs"),
    quiet: Quiet = False,
) -> None:
    """Write a run's network as one file: LiteRT for telephones, or ONNX."""
    from tfapp.verbs.export import export

    path = export(name, form, to, runs_folder=runs_folder, reporter=Reporter(quiet))
    show.line(str(path))
