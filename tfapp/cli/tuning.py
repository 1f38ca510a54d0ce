"""The commands that look for settings."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show_tuning
from tfapp.cli.options import Json, Models, Quiet, Runs


def tune(
    recipe: Annotated[str, typer.Argument(help="Name or file of a recipe.")],
    trials: Annotated[
        int, typer.Option(min=0, help="In all; 0 = as the recipe says.")
    ] = 0,
    minutes: Annotated[float, typer.Option(min=0, help="Budget; 0 = none.")] = 0.0,
    tuner: Annotated[
        str, typer.Option(help="random, bayesian, hyperband or grid.")
    ] = "",
    workers: Annotated[int, typer.Option(min=1, help="Trials at a time.")] = 1,
    seeds: Annotated[
        int, typer.Option(min=0, help="Retrain and test the best so often; 0 = not.")
    ] = 0,
    chief: Annotated[
        str, typer.Option(help="HOST:PORT on which to give out trials to workers.")
    ] = "",
    join: Annotated[
        str, typer.Option(help="HOST:PORT of a chief whose trials to run here.")
    ] = "",
    name: Annotated[str, typer.Option(help="Of the search; default: recipe's.")] = "",
    runs_folder: Runs = Path("runs"),
    saved_models: Models = Path("saved_models"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Search for better settings; the same command goes on with a search."""
    from tfapp.verbs.tuning.tune import tune

    result = tune(
        recipe,
        trials=trials,
        minutes=minutes,
        tuner=tuner,
        workers=workers,
        seeds=seeds,
        chief=chief,
        join=join,
        name=name,
        runs_folder=runs_folder,
        saved_models=saved_models,
        reporter=Reporter(quiet),
    )
    show_tuning.result(result, json)


def lr(
    recipe: Annotated[str, typer.Argument(help="Name or file of a recipe.")],
    phase: Annotated[
        str, typer.Option(help="train, head or thaw; default: the first.")
    ] = "",
    steps: Annotated[int, typer.Option(min=20, help="Of training, at most.")] = 200,
    out: Annotated[Path, typer.Option(help="SVG file of the picture.")] = Path(
        "learning_rate.svg"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find a learning rate: train a copy while the rate rises, and look."""
    from tfapp.verbs.tuning.lr import find_rate

    found = find_rate(
        recipe, phase=phase, steps=steps, out=out, reporter=Reporter(quiet)
    )
    show_tuning.rate(found, json)
