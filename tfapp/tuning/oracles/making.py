"""The oracle that a recipe names."""

from collections.abc import Callable, Mapping
from typing import Any

from tfapp.recipes.tuning import TuningConfig
from tfapp.tuning.oracles.bayesian import bayesian_oracle
from tfapp.tuning.oracles.dimensions import hyperparameters
from tfapp.tuning.oracles.durable import SCORE, Durable
from tfapp.tuning.oracles.grid import grid_oracle
from tfapp.tuning.space import Space

NO_LIMIT = 10**9
FACTOR = 3
"""Of Hyperband: one trial in so many goes on to the next round."""


def make_oracle(
    space: Space,
    config: TuningConfig,
    rounds: int,
    save: Callable[[Mapping[str, Any]], None] = lambda snapshot: None,
) -> Any:
    """Return the oracle of a search.

    Args:
        space: what may change.
        config: which tuner, how many trials, and its seed.
        rounds: of the recipe's training in all, which Hyperband divides.
        save: is given everything that `restore` needs, whenever it has changed.

    Returns:
        keras_tuner.Oracle, to be given a `score` that is better when it is lower.
    """
    import keras_tuner

    bases = {
        "random": keras_tuner.oracles.RandomSearchOracle,
        "bayesian": bayesian_oracle(keras_tuner.Oracle),
        "hyperband": keras_tuner.oracles.HyperbandOracle,
        "grid": grid_oracle(keras_tuner.Oracle),
    }
    arguments: dict[str, Any] = {
        "objective": keras_tuner.Objective(SCORE, "min"),
        "hyperparameters": hyperparameters(space.dimensions),
        "seed": config.seed + 1,  # 0 is drawn at random
        "max_consecutive_failed_trials": NO_LIMIT,
    }
    if config.tuner == "hyperband":
        arguments |= {"max_epochs": rounds, "factor": FACTOR}
        arguments["hyperband_iterations"] = 0  # until all trials are used up
    base = bases[config.tuner]
    oracle = type(f"Durable{base.__name__}", (Durable, base), {})(**arguments)
    oracle.max_trials = config.trials
    oracle.verbose = 0
    oracle.space, oracle.config, oracle.rounds = space, config, rounds
    oracle.write = save
    return oracle
