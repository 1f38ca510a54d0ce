"""Training of all layers in one phase, by labels alone or by a teacher too."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import keras

from tfapp.layers.outputs import beside_solution
from tfapp.layers.tempered_crossentropy import tempered_losses
from tfapp.recipes.config import DistillConfig
from tfapp.training.distillation import TaughtPasses, taught_passes
from tfapp.training.job import TrainingJob
from tfapp.training.phase import Phase, PhasePlan
from tfapp.training.transfer.features import FeatureStore
from tfapp.training.transfer.sure_gain import SureGain


@dataclass(frozen=True)
class FromScratch:
    """The one phase of a recipe without `[fine_tune]`.

    Args:
        job: has the model and the data.
    """

    job: TrainingJob

    def phases(self) -> Iterator[Phase]:
        """Yield the phase that trains the whole model."""
        config = self.job.recipe.training
        plan = PhasePlan(
            name="train",
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            warmup_epochs=config.warmup_epochs,
            class_weight=self.job.class_weight,
        )
        phase = self.job.whole(plan)
        teacher, distill = self.job.teacher, self.job.task.distill
        if teacher is not None and distill is not None:
            train = self._taught(teacher, distill)
            phase = replace(phase, train=train)
        margin = self.job.task.margin if beside_solution(self.job.model) else 0.0
        gain = SureGain(self.job, margin, tempered_losses)
        yield phase
        gain.judge()

    def _taught(self, teacher: keras.Model, config: DistillConfig) -> TaughtPasses:
        """Return the passes with what the teacher answers to them."""
        job = self.job
        with job.loop.reporter.stage("compute the teacher's answers") as stage:
            store = FeatureStore(teacher, job.dataset, job.cache, stage)
            taught = taught_passes(
                job.passes(),
                store,
                config,
                job.recipe.training.epochs,
                self._time_for_a_pass,
            )
            stage.detail = (
                f"{len(taught.answers)} different passes; {store.computed} answers "
                "computed, the rest from the cache"
            )
        return taught

    def _time_for_a_pass(self) -> bool:
        """The student should have most of the time."""
        return self.job.loop.deadline.seconds_left() >= 10.0 * self.job.pass_seconds
