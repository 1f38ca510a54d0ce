"""The commands that work something out in front of the reader."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Json, Quiet

lab = typer.Typer(no_args_is_help=True, help="Worked examples: convolution.")


@lab.callback()
def worked_examples() -> None:
    """Worked examples, each with a page of pictures."""


@lab.command()
def convolution(
    image: Annotated[str, typer.Argument(help="A picture.")],
    out: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("lab"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what a convolution is: filters, matrices, gradients, a learnt filter."""
    from tfapp.domains.images.verbs.convolution_lab import convolution_lab

    result = convolution_lab(image, out=out, reporter=Reporter(quiet))
    if json:
        show.as_json(result.to_json())
        return
    kept = sum(check.holds for check in result.checks)
    show.line(f"statements   {kept} of {len(result.checks)} hold")
    for check in result.checks:
        if not check.holds:
            show.line(f"  fails: {check.statement}, by {check.difference:.1e}")
    show.line(f"learnt       Sobel's filters, largest error {result.filter_error:.1e}")
    show.line(f"page         {result.page}")
