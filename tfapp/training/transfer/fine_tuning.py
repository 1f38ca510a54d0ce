"""Transfer learning in two phases: the head, then the extractor from one layer on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from tfapp.layers.standardization import Standardization
from tfapp.machine.cluster import team
from tfapp.machine.space import DISK_SHARE, MEMORY_SHARE, available_memory, free_disk
from tfapp.recipes.config import FineTuneConfig, ThawPhase
from tfapp.training.inference import predict
from tfapp.training.job import TrainingJob
from tfapp.training.loop.deadline import Deadline
from tfapp.training.phase import Phase, PhasePlan
from tfapp.training.transfer import freezing
from tfapp.training.transfer.cutting import Halves, cut
from tfapp.training.transfer.exact_head import ExactHead, HeadData, labels_of
from tfapp.training.transfer.features import FeatureStore, standardize
from tfapp.training.transfer.folds import FOLDS, units_of_learned
from tfapp.training.transfer.row_passes import RowPasses
from tfapp.training.transfer.stored import training_passes, validation_batches
from tfapp.training.transfer.sure_gain import SureGain

HEAD_SECONDS = 15.0
"""Without a trained head nothing is worth anything: its least part of a budget."""


@dataclass
class FineTuning:
    """The phases of `[fine_tune]`.

    Args:
        job: has the model and the data.
        config: the table of the recipe.
        features: of the extractor as it is now; None if they are not stored.
        exact: fits the head, if it is not trained by gradients.
        pretrained: split → rows of the extractor as it was before it learned; {} while
            it has not learned.
    """

    job: TrainingJob
    config: FineTuneConfig
    features: FeatureStore | None = None
    exact: ExactHead | None = None
    pretrained: dict[str, Any] = field(default_factory=dict)

    def phases(self) -> Iterator[Phase]:
        """Yield the phase of the head, then that of the thawed layers if there is one.

        The caller of the second phase has trained the first.
        """
        self.extractor, self.head = freezing.parts(self.job.model)
        thaw = self.config.thaw
        if thaw is not None:  # a bad name is reported at once
            freezing.thaw(self.extractor, thaw.from_layer)
        freezing.freeze(self.extractor)
        stored = self.config.head.views
        first = self._head_on_features() if stored else self._head_on_inputs()
        yield first
        if thaw is not None and self._has_time("thaw", 3.0 * self.job.pass_seconds):
            # Rows that are missing could only be computed with the changed weights.
            self.pretrained = {s: self._plain(s) for s in self.job.dataset.examples}
            freezing.thaw(self.extractor, thaw.from_layer)
            store, self.features = self.features, None  # of the extractor as it was
            logits = self.exact.held_out_logits if self.exact else None
            margin = thaw.margin if self.exact else 0.0
            gain = SureGain(self.job, margin, logits=logits)
            yield self._thawed(thaw)
            gain.judge()
            if self.exact is not None and not self.job.loop.phases[-1].best_epoch:
                self.features = store  # the extractor is as it was
        yield from self._refitted(first)

    def logits(self, split: str) -> Any:
        """Return float32 logits of a split by its stored features; None without."""
        if self.features is None:
            return None
        if split == "validation" and self.exact is not None:
            return self.exact.held_out_logits()
        rows = self._plain(split)[:]
        return predict(self.head, rows, len(rows))

    def pretrained_features(self, split: str) -> Any:
        """Return rows of the extractor before it learned; see `tasks.spec.Features`.

        Those that do not fit into memory are None.
        """
        rows = self.pretrained.get(
            split, None if self.pretrained else self._plain(split)
        )
        return rows if isinstance(rows, np.ndarray) else None

    def features_at(self, split: str, places: Sequence[int]) -> Any:
        """Return stored rows of examples by the extractor as it is; None without."""
        if self.features is None or not len(places):
            return None
        return np.asarray(self._plain(split)[np.asarray(places)])

    def _plain(self, split: str) -> Any:
        """Return stored rows of a split's examples, None if there are none."""
        if self.features is None or not self.job.dataset.examples[split]:
            return None
        with self.job.loop.reporter.stage(f"features of {split}") as stage:
            self.features.progress = stage
            return self.features.plain(split)

    def _head_on_features(self) -> Phase:
        views = self.config.head.views
        passes, validation, self.features = self._stored(
            "extract features", self.extractor, views
        )
        standardize(self.head, passes.views[0])
        plan, deadline = self._head_plan(), self._head_deadline()
        if self.config.head.solver == "exact":
            self.exact = self._exact_head(passes, everything=self.config.thaw is None)
        return Phase(plan, self.head, passes, validation, deadline, workload=self.exact)

    def _refitted(self, head: Phase) -> Iterator[Phase]:
        """Yield the phase in which a final head learns from validation examples too."""
        exact = self.exact
        if exact is None or self.features is None or exact.everything:
            return
        needed = FOLDS * self.job.loop.phases[0].seconds
        if exact.data.can_fold and self._has_time("refit", needed):
            self.exact = ExactHead(self.head, exact.data, everything=True)
            plan = replace(head.plan, name="refit")
            yield replace(head, plan=plan, workload=self.exact)

    def _exact_head(self, passes: RowPasses, *, everything: bool) -> ExactHead | None:
        """Return what fits the head; None if its rows do not fit into memory."""
        dataset = self.job.dataset
        views = [view for view in passes.views if isinstance(view, np.ndarray)]
        if team().agree(len(views) < len(passes.views)):
            self.job.loop.note("head trained by gradients: its rows are on disk")
            return None
        train, held_out = (labels_of(dataset, s) for s in ("train", "validation"))
        plain = self._plain("validation")
        rows = views[0][:0] if plain is None else plain[:]
        units = units_of_learned(dataset)
        data = HeadData(views, train, rows, held_out, self.job.class_weight, units)
        exact = ExactHead(self.head, data, everything)
        if exact.everything and len(held_out):
            self.job.loop.note(
                f"the head learns from the {len(held_out)} validation examples too; "
                "its validation figures are those of heads that have not seen them"
            )
        return exact

    def _head_on_inputs(self) -> Phase:
        if any(isinstance(x, Standardization) for x in self.head.layers):
            with self._store("measure features", self.extractor) as store:
                standardize(self.head, store.plain("train"))
        return self.job.whole(self._head_plan(), self._head_deadline())

    def _has_time(self, phase: str, needed: float) -> bool:
        """Say whether the least of a phase fits into the budget; report if not."""
        needed, left = team().agree(needed), self.job.loop.deadline.seconds_left()
        if left >= needed:
            return True
        self.job.loop.note(
            f"phase {phase!r} left out: it needs {needed:.0f} s or more, "
            f"{max(left, 0):.0f} s are left of the budget"
        )
        return False

    def _thawed(self, thaw: ThawPhase) -> Phase:
        job = self.job
        plan = PhasePlan(
            name="thaw",
            epochs=thaw.epochs,
            learning_rate=thaw.learning_rate,
            warmup_epochs=thaw.warmup_epochs,
            rate_factors=freezing.rate_factors(self.extractor, thaw.layer_decay),
            optimizer=thaw.optimizer,
            class_weight=job.class_weight,
            continues=True,
        )
        views = thaw.views or int(not job.dataset.augmentation)
        halves = cut(job.model) if views else None
        if halves is None or not self._can_store(halves, views):
            return job.whole(plan)
        passes, validation, _ = self._stored(
            "compute frozen layers", halves.lower, views
        )
        return Phase(plan, halves.upper, passes, validation, checkpoint_model=job.model)

    def _stored(
        self, what: str, part: keras.Model, views: int
    ) -> tuple[RowPasses, Any, FeatureStore]:
        """Compute a frozen part once; return passes, validation data and the store."""
        recipe = self.job.recipe
        batch_size = recipe.data.batch_size
        count = views if self.job.dataset.augmentation else 1  # else all alike
        with self._store(what, part) as store:
            validation = validation_batches(store, batch_size)
            passes = training_passes(
                store, count, batch_size, recipe.seed, self._time_for_view
            )
        if len(passes.views) < count:
            self.job.loop.note(
                f"{len(passes.views)} of {count} views: no time for more"
            )
        return passes, validation, store

    @contextmanager
    def _store(self, what: str, part: keras.Model) -> Iterator[FeatureStore]:
        """Yield the store of a frozen part; what it computes is a stage of the run."""
        job = self.job
        with job.loop.reporter.stage(what) as stage:
            limit = team().agree(int(MEMORY_SHARE * available_memory()))
            store = FeatureStore(part, job.dataset, job.cache, stage, limit)
            yield store
            stage.detail = f"{store.computed} computed, the rest from the cache"

    def _time_for_view(self) -> bool:
        """Augmentation costs about as much as the network; the head comes first."""
        needed = 2.0 * self.job.pass_seconds + 2.0 * HEAD_SECONDS
        return self.job.loop.deadline.seconds_left() >= needed

    def _can_store(self, halves: Halves, views: int) -> bool:
        examples = self.job.dataset.examples
        rows = views * len(examples["train"]) + len(examples["validation"])
        num_bytes = rows * halves.row_bytes
        if team().agree(num_bytes <= DISK_SHARE * free_disk(self.job.cache)):
            return True
        self.job.loop.note(
            "frozen layers computed anew in every epoch: what they give would need "
            f"{num_bytes / 1e9:.1f} GB in {self.job.cache}"
        )
        return False

    def _head_plan(self) -> PhasePlan:
        head = self.config.head
        return PhasePlan(
            name="head",
            epochs=head.epochs,
            learning_rate=head.learning_rate,
            warmup_epochs=head.warmup_epochs,
            class_weight=self.job.class_weight,
        )

    def _head_deadline(self) -> Deadline:
        """The head alone may take all the time, before thawing a third of it."""
        share = 1 / 3 if self.config.thaw else 1.0
        return self.job.loop.deadline.share(share, at_least=HEAD_SECONDS)
