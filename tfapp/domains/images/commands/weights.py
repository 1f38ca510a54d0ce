"""The commands on pretrained weights."""

from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Json, Quiet

weights = typer.Typer(no_args_is_help=True, help="Pretrained weights: list, fetch.")


@weights.command("list")
def list_(json: Json = False) -> None:
    """List every network, whether its weights are here, and where they come from."""
    from tfapp.domains.images.catalogue import list_weights

    show.catalogue(list_weights(), json)


@weights.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Network: `tfapp weights list`.")],
    quiet: Quiet = False,
) -> None:
    """Download the weights of a network ahead of their use; print where they are."""
    from tfapp.domains.images.verbs.fetch_weights import fetch_weights

    show.line(str(fetch_weights(name, reporter=Reporter(quiet))))
