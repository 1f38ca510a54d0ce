"""Train a model by its recipe: from scratch, or by transfer in two phases."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tfapp.machine.cluster import team
from tfapp.tasks.spec import Task
from tfapp.training.distillation import distilled
from tfapp.training.from_scratch import FromScratch
from tfapp.training.inference import answers, features_at, have_one_shape
from tfapp.training.job import TrainingJob
from tfapp.training.loop.workload import Workload
from tfapp.training.phase import Phase, RunSetup, epochs_of
from tfapp.training.transfer.fine_tuning import FineTuning
from tfapp.training.transfer.row_passes import RowPasses
from tfapp.training.watching.glance import PhaseGlance, views_of


class Trainer:
    """Trains one model on one dataset, phase after phase.

    Args:
        job: the model, the data, and how to train.
    """

    def __init__(self, job: TrainingJob) -> None:
        self.job = job
        tune = job.recipe.fine_tune
        self.method = FromScratch(job) if tune is None else FineTuning(job, tune)
        self._replaced: list[tuple[Any, Any]] = []  # layers, and their other weights

    def train(self) -> None:
        """Train every phase of the recipe; the model ends with its best weights.

        What an earlier process left in the folder is used: finished phases are read
        back, and the one it was killed in goes on.
        """
        self.job.reserve_evaluation()
        for phase, workload in self.workloads():
            self.run(phase, workload)
        self._refit()

    def run(self, phase: Phase, workload: Workload) -> None:
        """Train one phase, or read it back if an earlier process finished it."""
        loop = self.job.loop
        before = loop.phases[-1].best if phase.plan.continues else None
        start = workload.start() if before is None else before
        loop.run(workload, phase.plan.name, deadline=phase.deadline, start=start)

    def workloads(self) -> Iterator[tuple[Phase, Workload]]:
        """Yield each phase with its work; the caller runs one before the next."""
        job, recipe = self.job, self.job.recipe
        setup = RunSetup(
            self._taught_task(),
            job.dataset.info,
            recipe.training,
            recipe.runtime,
            job.jit_compile,
        )
        for phase in self.method.phases():
            workload = phase.workload or epochs_of(phase, setup)
            # A view of one worker could wait for others that draw nothing.
            if job.dataset.examples["validation"] and team().size == 1:
                workload.viewed = views_of(self._glance(phase), job.task)
            yield phase, workload

    def _glance(self, phase: Phase) -> PhaseGlance:
        """Return the validation examples as what a phase trains takes them."""
        job = self.job
        stored = isinstance(phase.train, RowPasses)
        rows = (lambda: phase.validation) if stored else None
        return PhaseGlance(job.model, phase.model, job.dataset, rows)

    def logits(self, split: str) -> Any:
        """Return float32 logits of a split, in its order; see `inference.answers`."""
        if split == "validation" and self._replaced:
            with self._before_refit():
                found = self._logits(split)
                return found if isinstance(found, np.ndarray) else list(found)
        return self._logits(split)

    def _logits(self, split: str) -> Any:
        if isinstance(self.method, FineTuning):
            logits = self.method.logits(split)
            if logits is not None:
                return logits
        job, reporter = self.job, self.job.loop.reporter
        if not have_one_shape(job.dataset):
            return self._one_by_one(split)
        with reporter.stage(f"predict {split}") as stage:
            return answers(job.model, job.dataset, split, stage)

    def _refit(self) -> None:
        """Give layers that do not learn what validation examples teach them too."""
        job, examples = self.job, self.job.dataset.examples["validation"]
        if not examples:
            return
        self._replaced = list(job.task.refit(job.model, job.dataset))
        if self._replaced:
            self._exchange()
            job.loop.note(
                f"what is counted or solved learns from the {len(examples)} validation "
                "examples too, after training; their figures are those from before"
            )

    def _exchange(self) -> None:
        for number, (layer, other) in enumerate(self._replaced):
            self._replaced[number] = layer, layer.get_weights()
            layer.set_weights(other)

    @contextmanager
    def _before_refit(self) -> Iterator[None]:
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def features(self, split: str) -> Any:
        """Return what the frozen extractor gave for a split; see `tasks.Features`."""
        if isinstance(self.method, FineTuning):
            return self.method.pretrained_features(split)
        return None

    def inside(self, split: str, places: Sequence[int]) -> Any:
        """Return features of the trained network; see `tasks.spec.Inside`."""
        if isinstance(self.method, FineTuning):
            stored = self.method.features_at(split, places)
            if stored is not None:
                return stored
        with self.job.loop.reporter.stage(f"features of {split}"):
            return features_at(self.job.model, self.job.dataset, split, places)

    def _one_by_one(self, split: str) -> Iterator[np.ndarray]:
        """Yield the answers one by one; the stage lasts as long as they are used."""
        job = self.job
        with job.loop.reporter.stage(f"predict {split}", unit="inputs") as stage:
            yield from answers(job.model, job.dataset, split, stage)

    def _taught_task(self) -> Task:
        task, teacher = self.job.task, self.job.teacher
        return distilled(task, task.distill) if task.distill and teacher else task
