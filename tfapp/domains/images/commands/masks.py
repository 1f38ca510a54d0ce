"""The command that draws masks from outlines or colours."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Quiet, listed


def masks(
    annotations: Annotated[
        str, typer.Argument(help="COCO file, or folder: labelme's, or coloured.")
    ],
    to: Annotated[Path, typer.Option(help="New folder of images and masks.")],
    images: Annotated[
        str, typer.Option(help="Images of a COCO file; default: next to it.")
    ] = "",
    classes: Annotated[
        str, typer.Option(help="To draw, with commas between; default: all.")
    ] = "",
    quiet: Quiet = False,
) -> None:
    """Draw masks from outlines (COCO, labelme), or from masks in colours."""
    from tfapp.domains.images.verbs.masks import masks

    reporter = Reporter(quiet)
    summary = masks(
        annotations,
        to,
        images=images,
        classes=listed(classes),
        reporter=reporter,
    )
    for note in summary.notes:
        reporter.say(note)
    names = ", ".join(summary.class_names)
    show.line(f"{summary.folder}: {summary.images:,} images; {names}")
