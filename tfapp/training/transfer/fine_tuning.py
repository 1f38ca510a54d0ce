"""Transfer learning in two phases: the head, then the extractor from one layer on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from tfapp.layers.standardization import Standardization
from tfapp.machine.space import DISK_SHARE, MEMORY_SHARE, available_memory, free_disk
from tfapp.recipes.config import FineTuneConfig, ThawPhase
from tfapp.training.loop.deadline import Deadline
from tfapp.training.phase import PhasePlan
from tfapp.training.transfer import freezing
from tfapp.training.transfer.cutting import Halves, cut
from tfapp.training.transfer.features import FeatureStore, standardize
from tfapp.training.transfer.row_passes import RowPasses
from tfapp.training.transfer.stored import training_passes, validation_batches

if TYPE_CHECKING:
    from typing import Any

    from tfapp.training.trainer import Trainer

HEAD_SECONDS = 15.0
"""Without a trained head nothing is worth anything: its least part of a budget."""


@dataclass
class FineTuning:
    """The phases of `[fine_tune]`.

    Args:
        trainer: has the model, the data and the time, and trains each phase.
        config: the table of the recipe.
        cache: folder in which features are kept between runs.
    """

    trainer: "Trainer"
    config: FineTuneConfig
    cache: Path

    def __post_init__(self) -> None:
        self.extractor, self.head = freezing.parts(self.trainer.model)
        self.features: FeatureStore | None = None

    def train(self) -> None:
        """Train the head, then the thawed layers if the recipe thaws any."""
        thaw = self.config.thaw
        if thaw is not None:  # a bad name is told at once
            freezing.thaw(self.extractor, thaw.from_layer)
        freezing.freeze(self.extractor)
        if self.config.head.views:
            self._train_head_on_features()
        else:
            self._train_head_on_images()
        if thaw is not None:
            self._thaw(thaw)

    def _train_head_on_features(self) -> None:
        views = self.config.head.views
        passes, validation, self.features = self._stored(
            "extract features", self.extractor, views
        )
        standardize(self.head, passes.views[0])
        plan, share = self._head_plan(), self._head_share()
        self.trainer.fit(self.head, passes, validation, plan, share)

    def _train_head_on_images(self) -> None:
        if any(isinstance(x, Standardization) for x in self.head.layers):
            with self._store("measure features", self.extractor) as store:
                standardize(self.head, store.plain("train"))
        self.trainer.fit_on_images(self._head_plan(), self._head_share())

    def _thaw(self, thaw: ThawPhase) -> None:
        trainer = self.trainer
        needed = 3.0 * trainer.pass_seconds
        left = trainer.deadline.seconds_left()
        if left < needed:
            trainer.note(
                f"phase 'thaw' left out: one epoch needs about {needed:.0f} s, "
                f"{max(left, 0):.0f} s are left of the budget"
            )
            return
        freezing.thaw(self.extractor, thaw.from_layer)
        self.features = None  # they are of the extractor as it was
        plan = PhasePlan(
            name="thaw",
            epochs=thaw.epochs,
            learning_rate=thaw.learning_rate,
            warmup_epochs=thaw.warmup_epochs,
            rate_factors=freezing.rate_factors(self.extractor, thaw.layer_decay),
            optimizer=thaw.optimizer,
            class_weight=trainer.class_weight,
            start=trainer.phases[-1].best,
        )
        views = thaw.views or int(not trainer.dataset.augmentation)
        halves = cut(trainer.model) if views else None
        if halves is None or not self._can_store(halves, views):
            trainer.fit_on_images(plan, trainer.deadline)
            return
        passes, validation, _ = self._stored(
            "compute frozen layers", halves.lower, views
        )
        trainer.fit(
            halves.upper, passes, validation, plan, trainer.deadline, trainer.model
        )

    def _stored(
        self, what: str, part: keras.Model, views: int
    ) -> tuple[RowPasses, "Any", FeatureStore]:
        """Compute a frozen part once; return passes, validation data and the store."""
        recipe, note = self.trainer.recipe, self.trainer.note
        batch_size = recipe.data.batch_size
        wanted = views if self.trainer.dataset.augmentation else 1  # else all alike
        with self._store(what, part) as store:
            validation = validation_batches(store, batch_size)
            passes = training_passes(
                store, wanted, batch_size, recipe.seed, self._time_for_view
            )
        if len(passes.views) < wanted:
            note(f"{len(passes.views)} of {wanted} views: no time for more")
        return passes, validation, store

    @contextmanager
    def _store(self, what: str, part: keras.Model) -> Iterator[FeatureStore]:
        """Yield the store of a frozen part; what it computes is a stage of the run."""
        trainer = self.trainer
        with trainer.reporter.stage(what) as stage:
            limit = int(MEMORY_SHARE * available_memory())
            store = FeatureStore(part, trainer.dataset, self.cache, stage, limit)
            yield store
            stage.detail = f"{store.computed} computed, the rest from the cache"

    def _time_for_view(self) -> bool:
        """Augmentation costs about as much as the network; the head comes first."""
        needed = 2.0 * self.trainer.pass_seconds + 2.0 * HEAD_SECONDS
        return self.trainer.deadline.seconds_left() >= needed

    def _can_store(self, halves: Halves, views: int) -> bool:
        examples = self.trainer.dataset.examples
        rows = views * len(examples["train"]) + len(examples["validation"])
        num_bytes = rows * halves.row_bytes
        if num_bytes <= DISK_SHARE * free_disk(self.cache):
            return True
        self.trainer.note(
            "frozen layers computed anew in every epoch: what they give would need "
            f"{num_bytes / 1e9:.1f} GB in {self.cache}"
        )
        return False

    def _head_plan(self) -> PhasePlan:
        head = self.config.head
        return PhasePlan(
            name="head",
            epochs=head.epochs,
            learning_rate=head.learning_rate,
            warmup_epochs=head.warmup_epochs,
            class_weight=self.trainer.class_weight,
        )

    def _head_share(self) -> Deadline:
        """The head alone may take all the time, before thawing a third of it."""
        share = 1 / 3 if self.config.thaw else 1.0
        return self.trainer.deadline.share(share, at_least=HEAD_SECONDS)
