"""Let an agent learn to play, or judge one that has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tfapp import recipes, runs
from tfapp.base.errors import ConfigError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.base.storage.checksums import write_sealed_json
from tfapp.domains.reinforcement.environments.names import (
    is_environment,
    require_game,
)
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import Recipe
from tfapp.runs import Run
from tfapp.runs.publish import RunResult
from tfapp.tasks.results import Results
from tfapp.tasks.scores import write_scores
from tfapp.verbs.run import run

TASK = "dqn"
FOLDER = "evaluations"
"""In a run's folder, that of all its evaluations."""


@dataclass(frozen=True)
class Played:
    """What an evaluation leaves behind.

    Args:
        folder: RUN/evaluations/play/NUMBER: metrics.json, scores.csv, report.html and
            episode.webp.
        results: of the episodes.
    """

    folder: Path
    results: Results


def play(
    name: str,
    overrides: Sequence[str] = (),
    *,
    episodes: int = 0,
    chance: float | None = None,
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
) -> RunResult | Played:
    """Train the agent of a recipe as `run` does, or judge that of a run.

    A name that a finished run and a recipe have in common means the run; the recipe is
    meant by its folder, such as play/cartpole, or its file.

    Args:
        name: a recipe's name or file, or a run: NAME, NAME/NUMBER or its folder.
        overrides: texts such as "task_options.frames=1000"; for a recipe alone.
        episodes: of the evaluation; 0 for those of the recipe.
        chance: share of its actions that are drawn by chance; None for the recipe's.
        runs_folder: where runs lie.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        reporter: receives every stage; None for one on stderr.

    Returns:
        As `run` for a recipe; the evaluation of a run.

    Raises:
        ConfigError: if there is neither, or its task is not to play.
        TfappError: for anything else that a user can fix.
    """
    recipe = _recipe(name, overrides, episodes, chance)
    if recipe is not None and not _is_finished(name, Path(runs_folder)):
        return run(
            recipe,
            runs_folder=runs_folder,
            saved_models=saved_models,
            reporter=reporter,
        )
    if overrides:
        raise ConfigError(
            f"`--set {overrides[0]}` has no effect on a run that is judged. Leave it "
            "out, or name a recipe by its folder, such as play/cartpole."
        )
    finished = _run(name, Path(runs_folder))
    recipe = _playable(finished.recipe(), episodes, chance)
    return _judge(finished, recipe, reporter or Reporter())


def _run(name: str, root: Path) -> Run:
    """Return the run of a name.

    Raises:
        ConfigError: if there is none.
    """
    if is_environment(name):
        require_game(name)
        raise ConfigError(
            f"{name!r} is an environment. Expected a recipe or a run: `tfapp fit "
            f"{name}` learns to play it."
        )
    try:
        return runs.find(name, root)
    except TfappError as error:
        games = ", ".join(n for n in recipes.names() if n.startswith("play/"))
        raise ConfigError(
            f"There is no recipe {name!r}, and no such run below {str(root)!r}. "
            f"Recipes that play: {games}."
        ) from error


def _is_finished(name: str, root: Path) -> bool:
    newest = runs.newest(name, root)
    return newest is not None and newest.status() == "complete"


def _recipe(
    name: str, overrides: Sequence[str], episodes: int, chance: float | None
) -> Recipe | None:
    """Return the recipe of a name, None where there is none of it."""
    try:
        recipes.find(name)
    except TfappError:
        return None
    return _playable(recipes.load_recipe(name, overrides), episodes, chance)


def _playable(recipe: Recipe, episodes: int, chance: float | None) -> Recipe:
    """Return a recipe with the episodes that are asked for.

    Raises:
        ConfigError: if its task is another one.
    """
    if recipe.task != TASK:
        raise ConfigError(
            f"Task {recipe.task!r} plays nothing. Expected a recipe or a run of task "
            f"{TASK!r}, such as play/cartpole; else use `tfapp run`."
        )
    options = dict(recipe.task_options)
    options |= {"episodes": episodes} if episodes else {}
    options |= {} if chance is None else {"chance": chance}
    return recipe.model_copy(update={"task_options": options})


def _judge(finished: Run, recipe: Recipe, reporter: Reporter) -> Played:
    """Play new episodes with a run's network, and write what it reaches."""
    start_tensorflow(reporter, recipe.runtime)
    from tfapp.domains.reinforcement.dqn import judging

    results, settings = judging.judge(finished.model_file, recipe, reporter)
    folder = runs.create(finished.folder / FOLDER, "play").folder
    facts: dict[str, Any] = {
        "run": f"{finished.name}/{finished.number}",
        "evaluated": datetime.now().astimezone().isoformat(timespec="seconds"),
        "chance": settings.chance,
    }
    whole = results.to_json() | {"evaluation": facts}
    write_sealed_json(folder / "metrics.json", whole)
    write_scores(folder / "scores.csv", results.scores)
    judging.write_page(folder, facts["run"], facts["evaluated"], results)
    reporter.say(f"report, scores and film: {folder}")
    return Played(folder, results)
