"""Train a model as its recipe says: from scratch, or by transfer in two phases."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfapp.config import Recipe
from tfapp.data.spec import Dataset
from tfapp.layers.standardization import Standardization
from tfapp.reporter import Reporter
from tfapp.tasks.spec import Task
from tfapp.training import freezing
from tfapp.training.deadline import Deadline
from tfapp.training.features import FeatureBatches, FeatureStore, standardize
from tfapp.training.inference import predict, seconds_per_image
from tfapp.training.optimizers import class_weights
from tfapp.training.phase import PhaseHistory, PhaseSettings, fit_phase

HEAD_SECONDS = 15.0
"""Without a trained head nothing is worth anything: its least part of a budget."""


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
    """

    model: keras.Model
    dataset: Dataset
    task: Task
    recipe: Recipe
    folder: Path
    cache: Path
    reporter: Reporter
    deadline: Deadline = field(default_factory=Deadline)
    phases: list[PhaseHistory] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    store: FeatureStore | None = None
    _train_pass_seconds: float = 0.0

    def train(self) -> None:
        """Train every phase of the recipe; the model ends with its best weights."""
        self._keep_time_for_evaluation()
        if self.recipe.fine_tune is None:
            self._train_all_layers()
            return
        extractor, head = freezing.parts(self.model)
        if self.recipe.fine_tune.thaw is not None:  # a bad name is told at once
            freezing.thaw(extractor, self.recipe.fine_tune.thaw.from_layer)
        freezing.freeze(extractor)
        views = self.recipe.fine_tune.head.views
        if views:
            self._train_head_on_features(extractor, head, views)
        else:
            self._train_head_on_images(extractor, head)
        if self.recipe.fine_tune.thaw is not None:
            self._thaw(extractor)

    def logits(self, split: str) -> np.ndarray:
        """Return float32 logits (examples, num_classes) of a split, in its order."""
        if self.store is not None:  # the extractor is still as it came
            _, head = freezing.parts(self.model)
            with self.reporter.stage(f"features of {split}") as stage:
                self.store.progress = stage
                features = self.store.plain(split)
            return predict(head, features, len(features))
        total = len(self.dataset.examples[split])
        with self.reporter.stage(f"predict {split}") as stage:
            return predict(self.model, self.dataset.batches(split), total, stage)

    def _keep_time_for_evaluation(self) -> None:
        """Under a budget, time the network and set aside what evaluation will take."""
        if self.deadline.end is None:
            return
        seconds = seconds_per_image(self.model, self._batch_size)
        examples = self.dataset.examples
        held = len(examples["validation"]) + len(examples["test"])
        self.deadline.end -= held * seconds
        self._train_pass_seconds = len(examples["train"]) * seconds

    def _train_all_layers(self) -> None:
        config = self.recipe.training
        self._fit_on_images(
            PhaseSettings(
                name="train",
                epochs=config.epochs,
                learning_rate=config.learning_rate,
                warmup_epochs=config.warmup_epochs,
                class_weight=self._class_weight,
            ),
            self.deadline,
        )

    def _train_head_on_features(
        self, extractor: keras.Model, head: keras.Model, views: int
    ) -> None:
        with self.reporter.stage("extract features") as stage:
            self.store = FeatureStore(extractor, self.dataset, self.cache, stage)
            validation = None
            if self.dataset.examples["validation"]:
                found = self.store.plain("validation")
                validation = (found, self._one_hot("validation"))
            train = self._views(self.store, views)
            stage.detail = f"{self.store.computed} computed, the rest from the cache"
        standardize(head, train[0])
        batches = FeatureBatches(
            train, self._one_hot("train"), self._batch_size, self.recipe.seed
        )
        self._fit(head, batches, validation, self._head_settings(), self._head_share())

    def _views(self, store: FeatureStore, views: int) -> np.ndarray:
        """Return float features (views, examples, features), as many as time allows."""
        found = [store.plain("train")]
        for number in range(1, views if self.dataset.augmentation else 1):
            # Augmentation costs about as much as the network; the head comes first.
            needed = 2.0 * self._train_pass_seconds + 2.0 * HEAD_SECONDS
            if self.deadline.seconds_left() < needed:
                self._note(f"{number} of {views} views: no time for more")
                break
            found.append(store.view("train", number, self.recipe.seed))
        return np.stack(found)

    def _train_head_on_images(self, extractor: keras.Model, head: keras.Model) -> None:
        if any(isinstance(x, Standardization) for x in head.layers):
            with self.reporter.stage("measure features") as stage:
                store = FeatureStore(extractor, self.dataset, self.cache, stage)
                standardize(head, store.plain("train"))
        self._fit_on_images(self._head_settings(), self._head_share())

    def _thaw(self, extractor: keras.Model) -> None:
        thaw = self._recipe_thaw()
        needed = 3.0 * self._train_pass_seconds
        if self.deadline.seconds_left() < needed:
            self._note(
                f"phase 'thaw' left out: one epoch needs about {needed:.0f} s, "
                f"{max(self.deadline.seconds_left(), 0):.0f} s are left of the budget"
            )
            return
        before = self.phases[-1].best
        freezing.thaw(extractor, thaw.from_layer)
        self.store = None  # its features are of the extractor as it was
        self._fit_on_images(
            PhaseSettings(
                name="thaw",
                epochs=thaw.epochs,
                learning_rate=thaw.learning_rate,
                warmup_epochs=thaw.warmup_epochs,
                rate_factors=freezing.rate_factors(extractor, thaw.layer_decay),
                class_weight=self._class_weight,
                start=before,
            ),
            self.deadline,
        )

    def _fit_on_images(self, settings: PhaseSettings, deadline: Deadline) -> None:
        """Train the whole model on images, changed anew in every epoch."""
        train = self.dataset.batches(
            "train", shuffle=True, augment=True, seed=self.recipe.seed
        )
        held = self.dataset.examples["validation"]
        validation = self.dataset.batches("validation") if held else None
        self._fit(self.model, train, validation, settings, deadline)

    def _fit(
        self,
        model: keras.Model,
        train: Any,
        validation: Any,
        settings: PhaseSettings,
        deadline: Deadline,
    ) -> None:
        with self.reporter.stage(f"phase {settings.name}", unit="steps") as stage:
            history = fit_phase(
                model,
                train,
                validation,
                task=self.task,
                config=self.recipe.training,
                settings=settings,
                folder=self.folder,
                deadline=deadline,
                stage=stage,
            )
            stage.detail = history.summary()
        if history.stopped_by == "deadline":
            self._note(f"phase {settings.name!r} ended by the time budget")
        self.phases.append(history)

    def _head_settings(self) -> PhaseSettings:
        head = self.recipe.fine_tune.head  # type: ignore[union-attr]
        return PhaseSettings(
            name="head",
            epochs=head.epochs,
            learning_rate=head.learning_rate,
            warmup_epochs=head.warmup_epochs,
            class_weight=self._class_weight,
        )

    def _recipe_thaw(self) -> Any:
        return self.recipe.fine_tune.thaw  # type: ignore[union-attr]

    def _head_share(self) -> Deadline:
        """The head alone may take all the time, before thawing a third of it."""
        fraction = 1 / 3 if self._recipe_thaw() else 1.0
        return self.deadline.share(fraction, at_least=HEAD_SECONDS)

    def _one_hot(self, split: str) -> np.ndarray:
        identity = np.eye(self.dataset.info.num_outputs, dtype="float32")
        return identity[self.dataset.labels(split)]

    @property
    def _class_weight(self) -> dict[int, float] | None:
        return class_weights(self.recipe.training, self.dataset.labels("train"))

    @property
    def _batch_size(self) -> int:
        return self.recipe.data.batch_size

    def _note(self, line: str) -> None:
        self.notes.append(line)
        self.reporter.say(line)
