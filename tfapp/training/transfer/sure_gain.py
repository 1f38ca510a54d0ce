"""Thawing that is taken back unless validation examples are surely better off.

A few dozen validation examples pick the best of several epochs by chance too: one
example that happens to be answered better is enough. A difference that exceeds the
standard error of the paired differences is rarely chance.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np

from tfapp.layers.logistic_regression import log_loss
from tfapp.machine.cluster import team
from tfapp.training.inference import answers
from tfapp.training.job import TrainingJob
from tfapp.training.transfer.exact_head import labels_of

Losses = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Logits and labels of examples → the loss of each."""


class SureGain:
    """What a network was before a phase, to go back to it.

    Args:
        job: whose model is about to change.
        margin: standard errors by which the log loss of validation examples has to
            fall; 0 for whatever comes to be kept, as without such examples.
        losses: logits and labels of examples → the loss of each.
        logits: of the validation examples as yet; None for the model to answer.
    """

    def __init__(
        self,
        job: TrainingJob,
        margin: float,
        losses: Losses = log_loss,
        logits: Callable[[], np.ndarray] | None = None,
    ) -> None:
        self.job, self.margin, self.measure = job, margin, losses
        self.asked = margin > 0 and len(job.dataset.examples["validation"]) > 1
        if not self.asked:
            return
        self.labels = labels_of(job.dataset, "validation")
        before = logits() if logits else answers(job.model, job.dataset, "validation")
        self.losses = losses(before, self.labels)
        self.variables = job.model.trainable_variables
        self.values = [keras.ops.convert_to_numpy(v) for v in self.variables]

    def judge(self) -> None:
        """Take the last phase back if its gain is not sure; say so in the report."""
        if not self.asked:
            return
        loop = self.job.loop
        phase = loop.phases[-1]
        if not phase.best_epoch:
            return
        logits = answers(self.job.model, self.job.dataset, "validation")
        fall = self.losses - self.measure(logits, self.labels)
        errors = team().agree(in_standard_errors(fall))
        if errors >= self.margin:
            return
        for variable, value in zip(self.variables, self.values, strict=True):
            variable.assign(value)
        best = loop.phases[-2].best if loop.phases[1:] else float(self.losses.mean())
        loop.phases[-1] = replace(phase, best_epoch=0, best=best)
        loop.note(
            f"phase {phase.phase!r} taken back: the log loss of {len(fall)} validation "
            f"examples fell by {errors:.1f} standard errors, less than {self.margin:g}"
        )


def in_standard_errors(differences: np.ndarray) -> float:
    """Return the mean of differences (examples,), at least two, in its standard errors.

    Differences that are all alike are as sure as can be: infinity, or 0 for none.
    """
    mean = float(np.mean(differences))
    error = float(np.std(differences, ddof=1)) / len(differences) ** 0.5
    if error:
        return mean / error
    return math.copysign(math.inf, mean) if mean else 0.0
