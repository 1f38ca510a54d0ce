"""The command that draws a picture in the style of others."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Json, Overrides, Quiet, Runs, listed


def stylize(
    content: Annotated[str, typer.Argument(help="Picture, or folder of frames.")],
    styles: Annotated[list[str], typer.Argument(help="Pictures whose style it gets.")],
    out: Annotated[
        str, typer.Option("--out", "-o", help="PNG file; default: in the run's folder.")
    ] = "",
    shares: Annotated[
        str, typer.Option(help="Of the styles, such as 2,1; default: all alike.")
    ] = "",
    mask: Annotated[
        list[str] | None,
        typer.Option(help="Of each style in turn: white where it is wanted."),
    ] = None,
    size: Annotated[int, typer.Option(help="Pixels of the longest side.")] = 512,
    steps: Annotated[
        int, typer.Option(help="Evaluations at the coarsest size, then half of them.")
    ] = 200,
    optimizer: Annotated[str, typer.Option(help="lbfgs or adam.")] = "lbfgs",
    style_weight: Annotated[
        float | None, typer.Option(help="Of the style, where content counts 1.")
    ] = None,
    keep_color: Annotated[
        bool, typer.Option("--keep-color", help="Keep the content's colours.")
    ] = False,
    start: Annotated[
        str, typer.Option(help="content, noise, or a picture.")
    ] = "content",
    extractor: Annotated[
        str, typer.Option(help="Network that compares pictures.")
    ] = "vgg_small",
    seed: Annotated[int, typer.Option(help="Of the noise.")] = 0,
    runs: Runs = Path("runs"),
    overrides: Overrides = [],  # noqa: B006
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw a picture with the content of one and the style of others."""
    from tfapp.domains.images.verbs.stylize import stylize

    result = stylize(
        content,
        styles,
        out=out,
        shares=_numbers(shares),
        masks=mask or [],
        size=size,
        steps=steps,
        optimizer=optimizer,  # type: ignore[arg-type]  # the recipe is checked
        style_weight=style_weight,
        keep_color=keep_color,
        start=start,
        extractor=extractor,
        seed=seed,
        overrides=overrides,
        runs_folder=runs,
        reporter=Reporter(quiet),
    )
    show.result(result, json)


def _numbers(text: str) -> list[float]:
    """Return the numbers of an option.

    Raises:
        ConfigError: if one is none.
    """
    try:
        return [float(part) for part in listed(text)]
    except ValueError:
        raise ConfigError(
            f"`--shares` must be numbers with commas between. Received: {text!r}"
        ) from None
