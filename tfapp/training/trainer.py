"""Train a model as its recipe says: from scratch, or by transfer in two phases."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfapp.base.reporter import Reporter
from tfapp.data.spec import Dataset
from tfapp.recipes.config import Recipe
from tfapp.tasks.spec import Task
from tfapp.training.distillation import distilled, taught_passes
from tfapp.training.inference import answers, predict, seconds_per_image
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.history import PhaseHistory
from tfapp.training.optimizers import class_weights
from tfapp.training.passes import ImagePasses, Passes
from tfapp.training.phase import PhasePlan, RunSetup, fit_phase
from tfapp.training.transfer.features import FeatureStore
from tfapp.training.transfer.fine_tuning import FineTuning


@dataclass
class Trainer:
    """Trains one model on one dataset.

    Args:
        model: raw inputs → logits.
        dataset: what to learn from.
        task: loss, metrics and the figure that chooses the best epoch.
        recipe: how to train.
        folder: of the run; logs and checkpoints go below it.
        cache: folder in which features are kept between runs.
        reporter: hears of every stage.
        deadline: of all phases together.
        jit_compile: whether XLA compiles the steps.
        phases: what happened, phase by phase.
        notes: lines worth telling in the report.
        pass_seconds: that one pass over the training images takes; 0 if there is no
            budget and so nobody asks.
        teacher: images of the dataset → logits; only with `task.distill`.
    """

    model: keras.Model
    dataset: Dataset
    task: Task
    recipe: Recipe
    folder: Path
    cache: Path
    reporter: Reporter
    deadline: Deadline = field(default_factory=Deadline)
    jit_compile: bool = False
    phases: list[PhaseHistory] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pass_seconds: float = 0.0
    fine_tuning: FineTuning | None = None
    teacher: keras.Model | None = None

    def train(self) -> None:
        """Train every phase of the recipe; the model ends with its best weights.

        What an earlier process left in the folder is used: finished phases are read
        back, and the one it was killed in goes on.
        """
        self._keep_time_for_evaluation()
        if self.recipe.fine_tune is None:
            self._train_all_layers()
            return
        self.fine_tuning = FineTuning(self, self.recipe.fine_tune, self.cache)
        self.fine_tuning.train()

    def logits(self, split: str) -> Any:
        """Return float32 logits of a split, in its order; see `inference.answers`."""
        tuning = self.fine_tuning
        if tuning is not None and tuning.features is not None:
            with self.reporter.stage(f"features of {split}") as stage:
                tuning.features.progress = stage
                features = tuning.features.plain(split)[:]
            return predict(tuning.head, features, len(features))
        if self.dataset.join is not None:
            return self._joined(split)
        with self.reporter.stage(f"predict {split}") as stage:
            return answers(self.model, self.dataset, split, stage)

    def _joined(self, split: str) -> Iterator[np.ndarray]:
        """Yield the answers one by one; the stage lasts as long as they are asked."""
        with self.reporter.stage(f"predict {split}", unit="tiles") as stage:
            yield from answers(self.model, self.dataset, split, stage)

    def fit_on_images(self, plan: PhasePlan, deadline: Deadline) -> None:
        """Train the whole model on images, changed anew in every epoch."""
        batch_size = self.recipe.data.batch_size
        images = ImagePasses(self.dataset, batch_size, self.recipe.seed)
        train = self._taught(images, plan.epochs)
        held = self.dataset.examples["validation"]
        validation = self.dataset.batches("validation") if held else None
        self.fit(self.model, train, validation, plan, deadline)

    def fit(
        self,
        model: keras.Model,
        train: Passes,
        validation: Any,
        plan: PhasePlan,
        deadline: Deadline,
        kept: keras.Model | None = None,
    ) -> None:
        """Train one phase; see `fit_phase`."""
        recipe = self.recipe
        setup = RunSetup(
            self._own_task,
            recipe.training,
            recipe.runtime,
            self.folder,
            self.jit_compile,
        )
        with self.reporter.stage(f"phase {plan.name}", unit="steps") as stage:
            history = fit_phase(
                model,
                train,
                validation,
                setup=setup,
                plan=plan,
                deadline=deadline,
                stage=stage,
                kept=kept,
            )
            stage.detail = history.summary()
        if history.stopped_by == "deadline":
            self.note(f"phase {plan.name!r} ended by the time budget")
        if advice := history.advice():
            self.note(advice)
        self.phases.append(history)

    def note(self, line: str) -> None:
        """Say a line, and keep it for the report."""
        self.notes.append(line)
        self.reporter.say(line)

    @property
    def _own_task(self) -> Task:
        distill = self.task.distill
        return distilled(self.task, distill) if distill and self.teacher else self.task

    def _taught(self, images: ImagePasses, epochs: int) -> Passes:
        """Return the passes with what the teacher answers to them."""
        distill = self.task.distill
        if self.teacher is None or distill is None:
            return images
        with self.reporter.stage("ask the teacher") as stage:
            store = FeatureStore(self.teacher, self.dataset, self.cache, stage)
            taught = taught_passes(
                images, store, distill, epochs, self._time_for_a_pass
            )
            stage.detail = (
                f"{len(taught.answers)} different passes; {store.computed} answers "
                "computed, the rest from the cache"
            )
        return taught

    def _time_for_a_pass(self) -> bool:
        """The student should have most of the time."""
        return self.deadline.seconds_left() >= 10.0 * self.pass_seconds

    @property
    def class_weight(self) -> dict[int, float] | None:
        """Class index → weight of its examples; None if all count the same."""
        if self.task.class_weights == "none":
            return None
        return class_weights(self.dataset.labels("train"))

    def _keep_time_for_evaluation(self) -> None:
        """Under a budget, time the network and set aside what evaluation will take."""
        if self.deadline.end is None:
            return
        seconds = seconds_per_image(self.model, self.recipe.data.batch_size)
        examples, count = self.dataset.examples, self.dataset.num_inputs
        held = sum(count(examples[s], False) for s in ("validation", "test"))
        self.deadline.end -= held * seconds
        self.pass_seconds = count(examples["train"], True) * seconds

    def _train_all_layers(self) -> None:
        config = self.recipe.training
        plan = PhasePlan(
            name="train",
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            warmup_epochs=config.warmup_epochs,
            class_weight=self.class_weight,
        )
        self.fit_on_images(plan, self.deadline)
