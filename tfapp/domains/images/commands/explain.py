"""The command that shows why a model answers as it does."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli.options import Inputs, Json, Name, Quiet, Runs, listed


def explain(
    name: Name,
    inputs: Inputs,
    method: Annotated[
        str, typer.Option(help="Some of gradcam,occlusion,neighbours; default: all.")
    ] = "",
    label: Annotated[
        str, typer.Option(help="Maps of this class too: its name, second, or folder.")
    ] = "",
    out: Annotated[str, typer.Option(help="Folder of the sheets.")] = "",
    runs_folder: Runs = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what in a picture decides, and which training pictures are alike."""
    from tfapp.domains.images.commands import show_explanations
    from tfapp.domains.images.verbs.explain import explain

    explanations = explain(
        name,
        inputs,
        methods=listed(method),
        label=label,
        out=out,
        runs_folder=runs_folder,
        reporter=Reporter(quiet),
    )
    show_explanations.explanations(explanations, json)
    explanations.require_good()
