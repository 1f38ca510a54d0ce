"""The agent of a finished run, played again on new episodes."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.reporter import Reporter
from tfapp.domains.reinforcement.dqn.page import evaluation_sections
from tfapp.domains.reinforcement.dqn.playing import Evaluator
from tfapp.domains.reinforcement.dqn.results import evaluation
from tfapp.domains.reinforcement.dqn.settings import DQNSettings
from tfapp.domains.reinforcement.dqn.strip import FILM, write_film
from tfapp.domains.reinforcement.load import load_environment
from tfapp.export.keras_file import load_model
from tfapp.recipes.config import Recipe
from tfapp.report.blocks import Report
from tfapp.report.page import write_report
from tfapp.tasks import get_task
from tfapp.tasks.results import Results


def judge(
    model_file: Path, recipe: Recipe, reporter: Reporter
) -> tuple[Results, DQNSettings]:
    """Return what the network of a file reaches by the protocol of a recipe.

    Args:
        model_file: model.keras of the run.
        recipe: of the run; its options say how many episodes.
        reporter: shows the progress.
    """
    experiment: Any = get_task(recipe.task, recipe.task_options)
    settings: DQNSettings = experiment.settings
    data = load_environment(recipe)
    network, scaled = load_model(model_file), data.preprocessor.scaled
    answer = tf.function(lambda seen: network(scaled(seen), training=False))

    def values(observations: np.ndarray) -> np.ndarray:
        return np.asarray(answer(tf.constant(observations)))

    with reporter.stage("evaluate", unit="episodes") as stage:
        results = evaluation(
            Evaluator(lambda: load_environment(recipe).environment),
            values,
            data.environment,
            settings.episodes,
            settings.chance,
            stage,
        )
    return results, settings


def write_page(folder: Path, run: str, evaluated: str, results: Results) -> None:
    """Write film and page of an evaluation into its folder.

    Args:
        folder: of the evaluation.
        run: whose agent played.
        evaluated: date and time, as text.
        results: of the episodes.
    """
    write_film(folder / FILM, results.evidence)
    sections = evaluation_sections(results, folder / FILM)
    title, subtitle = f"{run}: play", f"evaluated {evaluated}"
    write_report(
        folder / "report.html", Report(title, subtitle, results.headline, sections)
    )
