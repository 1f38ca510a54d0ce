"""What a search leaves for people: the best recipe, the page, TensorBoard's table."""

from collections.abc import Sequence

from tfapp import recipes
from tfapp.base.files import write_text
from tfapp.recipes.config import Recipe
from tfapp.report.blocks import Block
from tfapp.report.page import write_report
from tfapp.tuning.folder import SearchFolder
from tfapp.tuning.judging import BEST
from tfapp.tuning.page.hparams import write_experiment, write_trial
from tfapp.tuning.records import History, TrialRecord
from tfapp.tuning.search import trial_seed
from tfapp.tuning.space import Space


def write_best(folder: SearchFolder, space: Space, history: History) -> None:
    """Write the recipe of the best trial, if there is one, to be run."""
    best = history.best
    if best is not None:
        recipe = recipe_of(space, best, history)
        write_text(folder.best_recipe, recipes.to_toml(recipe, defaults=False))


def write_page(
    folder: SearchFolder,
    space: Space,
    history: History,
    tuner: str,
    judged: Sequence[Block] = (),
) -> None:
    """Write the page on a search.

    Args:
        folder: of the search.
        space: what could change.
        history: all trials.
        tuner: name of what proposed the settings.
        judged: what the test split says of the best settings.
    """
    from tfapp.tuning.page.sections import tuning_report

    write_report(folder.page, tuning_report(space, history, tuner, judged))


def write_board(folder: SearchFolder, space: Space, history: History) -> None:
    """Write the lines of all trials that have ended for TensorBoard's HPARAMS."""
    write_experiment(folder.folder, space.dimensions)
    for number in history.ended:
        run = folder.run(number).folder
        # A trial that ended before it began to train has no run.
        logs = run / "logs" if run.is_dir() else folder.outcome(number).with_suffix("")
        write_trial(logs, history.trials[number], f"trial {number}")


def recipe_of(space: Space, trial: TrialRecord, history: History) -> Recipe:
    """Return the recipe of a trial, to be run by itself."""
    values = trial.values if trial.number else {}
    seed = trial_seed(space.recipe, history.origin(trial.number))
    recipe = space.apply(values, seed)
    name = f"{space.recipe.name}{BEST}"
    about = (
        f"{space.recipe.name} with the settings of trial {trial.number}: "
        f"{trial.monitor} {trial.value:.5g}, the best of {len(history.ended)}."
    )
    return recipe.model_copy(update={"name": name, "description": about})
