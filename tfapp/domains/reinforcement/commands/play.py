"""The command that lets an agent learn to play, or judges one that has."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Json, Models, Overrides, Quiet, Runs


def play(
    name: Annotated[str, typer.Argument(help="Recipe to train, or run to judge.")],
    episodes: Annotated[
        int, typer.Option(help="Of the evaluation; default: the recipe's.", min=0)
    ] = 0,
    chance: Annotated[
        float | None,
        typer.Option(help="Share of chance actions; default: the recipe's."),
    ] = None,
    runs: Runs = Path("runs"),
    saved_models: Models = Path("saved_models"),
    overrides: Overrides = [],  # noqa: B006
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Let an agent learn to play, or judge the agent of a run."""
    from tfapp.domains.reinforcement.verbs.play import Played, play

    result = play(
        name,
        overrides,
        episodes=episodes,
        chance=chance,
        runs_folder=runs,
        saved_models=saved_models,
        reporter=Reporter(quiet),
    )
    if isinstance(result, Played):
        show.results(result.results, json)
    else:
        show.result(result, json)
