"""Short trainings by which networks on a graph are compared."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.base.reporter import Reporter
from tfapp.domains.graphs.dataset import GraphDataset
from tfapp.domains.graphs.node_classification.task import task
from tfapp.layers.logistic_regression import log_loss
from tfapp.recipes.config import Recipe
from tfapp.recipes.plan import Machine
from tfapp.tasks.build import build_model
from tfapp.training.devices import begin_anew
from tfapp.training.job import TrainingJob
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.trainer import Trainer

EPOCHS, PATIENCE = 300, 50
SHARE = 0.06
"""Of a time budget that each trial may take."""


@dataclass(frozen=True)
class Trial:
    """A network that was trained for a short time.

    Args:
        name: of the candidate.
        table: of its recipe.
        accuracy: share of right answers on the validation nodes.
        loss: cross-entropy there, in nats.
    """

    name: str
    table: Mapping[str, Any]
    accuracy: float
    loss: float


def try_network(
    dataset: GraphDataset, table: Mapping[str, Any], name: str, machine: Machine
) -> Trial:
    """Train a network for a short time; without validation nodes nothing is measured.

    Args:
        dataset: the graph.
        table: of the recipe, without data and task.
        name: of the candidate.
        machine: its time budget, and what shows the progress.
    """
    examples = dataset.examples["validation"]
    if not examples:
        return Trial(name, table, 0.0, 0.0)
    short = {"epochs": EPOCHS, "patience": PATIENCE}
    place = {"task": "node_classification", "data": {"path": "graph"}}
    training = {"training": {**table["training"], **short}}
    recipe = Recipe.model_validate({**table, **place, **training})
    reporter = machine.reporter or Reporter(quiet=True)
    with (
        reporter.stage(f"try {name}") as stage,
        tempfile.TemporaryDirectory() as folder,
    ):
        begin_anew(recipe.seed, "float32")
        model = build_model(recipe.model, dataset.info)
        loop = TrainingLoop(
            Path(folder),
            Reporter(quiet=True),
            Deadline(SHARE * machine.minutes),
            recipe.training.patience,
        )
        job = TrainingJob(model, dataset, task(), recipe, loop, Path(folder))
        trainer = Trainer(job)
        trainer.train()
        logits = np.stack(list(trainer.logits("validation")))
        truth = dataset.targets(examples)
        accuracy = float((logits.argmax(axis=1) == truth).mean())
        stage.detail = f"{accuracy:.1%} of the validation nodes"
    return Trial(name, table, accuracy, float(log_loss(logits, truth).mean()))


def best_of(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the most right answers; of equals, the smallest loss."""
    return max(trials, key=lambda trial: (trial.accuracy, -trial.loss))
