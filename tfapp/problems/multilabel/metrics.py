"""How good tags are: average precision and F1, with intervals."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tfapp.base.errors import TrainingError
from tfapp.base.intervals import wilson_interval
from tfapp.problems.multilabel.resampling import Resampled, resample


@dataclass(frozen=True)
class TagAnswers:
    """What a method answers for the test split.

    Args:
        names: of the tags.
        truth: bool array (examples, tags), whether an example has a tag.
        probabilities: float array of the same shape.
        thresholds: float array (tags,), from which on a tag is answered.
    """

    names: tuple[str, ...]
    truth: np.ndarray
    probabilities: np.ndarray
    thresholds: np.ndarray

    @cached_property
    def chosen(self) -> np.ndarray:
        """Whether a tag is answered, bool array (examples, tags)."""
        return np.asarray(self.probabilities >= self.thresholds)

    @cached_property
    def hits(self) -> np.ndarray:
        """Tags that are answered and right, bool array (examples, tags)."""
        return np.asarray(self.chosen & self.truth)

    @cached_property
    def weights(self) -> np.ndarray:
        """What each example counts in micro F1: its tags, true and answered."""
        return np.asarray(self.truth.sum(axis=1) + self.chosen.sum(axis=1))

    @cached_property
    def scores(self) -> np.ndarray:
        """F1 of each example, float (examples,): 1 without any tag, true or answered.

        Their mean by `weights` is micro F1.
        """
        double = 2 * self.hits.sum(axis=1)
        return np.where(self.weights > 0, double / np.maximum(self.weights, 1), 1.0)

    @cached_property
    def losses(self) -> np.ndarray:
        """Cross-entropy of each example in nats, the sum of its tags'."""
        chances = np.clip(self.probabilities, 1e-7, 1 - 1e-7)
        likelihood = np.where(self.truth, chances, 1 - chances)
        return np.asarray(-np.log(likelihood).sum(axis=1))

    @cached_property
    def resampled(self) -> Resampled:
        """The figures of test sets as they might have been."""
        return resample(self.truth, self.probabilities, self.chosen)


def tag_metrics(answers: TagAnswers) -> dict[str, Any]:
    """Return the figures of metrics.json.

    Returns:
        micro_f1 (over all tags of all examples), map and macro_f1 (means over the tags
        that an example has), each with its 95 % bootstrap interval over the examples;
        exact_match, the share of examples whose tags are all right, with Wilson's;
        examples, tags_tested, and per_tag.

    Raises:
        TrainingError: if an answer is not finite.
    """
    if not np.isfinite(answers.probabilities).all():
        raise TrainingError(
            "The network answers numbers that are not finite. Lower the learning rate."
        )
    count = len(answers.truth)
    exact = int((answers.chosen == answers.truth).all(axis=1).sum())
    plain = resample(answers.truth, answers.probabilities, answers.chosen, draws=0)
    intervals = answers.resampled.intervals()
    return {
        "micro_f1": float(plain.micro_f1[0]),
        "micro_f1_interval": intervals["micro_f1"],
        "map": float(plain.map[0]),
        "map_interval": intervals["map"],
        "macro_f1": float(plain.macro_f1[0]),
        "macro_f1_interval": intervals["macro_f1"],
        "exact_match": exact / count,
        "exact_match_interval": list(wilson_interval(exact, count)),
        "examples": count,
        "tags_tested": int(answers.truth.any(axis=0).sum()),
        "per_tag": {
            name: _of_tag(answers, plain, tag) for tag, name in enumerate(answers.names)
        },
    }


def _of_tag(answers: TagAnswers, plain: Resampled, tag: int) -> dict[str, Any]:
    """Return the figures of one tag; None where they are not defined."""
    support = int(answers.truth[:, tag].sum())
    answered, hits = int(answers.chosen[:, tag].sum()), int(answers.hits[:, tag].sum())
    ends = answers.resampled.tag_interval(tag)
    return {
        "support": support,
        "answered": answered,
        "precision": hits / answered if answered else None,
        "recall": hits / support if support else None,
        "f1": float(plain.f1[0, tag]) if support else None,
        "average_precision": float(plain.precision[0, tag]) if support else None,
        "average_precision_interval": ends,
        "threshold": float(answers.thresholds[tag]),
    }
