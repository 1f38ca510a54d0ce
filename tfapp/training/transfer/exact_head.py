"""The head of a classifier as the exact optimum on stored features.

A head of one dense layer is a logistic regression, of tags one for each: its penalised
likelihood has one optimum, found in seconds. So the strength of the penalty can be
chosen by cross-validation, and the head learn from validation examples too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from tfapp.base.errors import ConfigError
from tfapp.data.spec import Dataset
from tfapp.layers.logistic_regression import (
    ENOUGH,
    EXACT,
    LogisticRegression,
    fit_path,
    likeliest,
    log_loss,
    right_share,
)
from tfapp.machine.cluster import team
from tfapp.training.inference import predict
from tfapp.training.loop.workload import Figures, Workload
from tfapp.training.transfer.folds import FOLDS, folds

STRENGTHS = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""Of the penalty, the strongest first."""
MOST_EXAMPLES = 5000
"""Training and validation examples up to which folds are cheap, and worth it."""


@dataclass(frozen=True)
class HeadData:
    """Stored features and what they are of.

    Args:
        views: float arrays (training examples, dims); the first is the plain one.
        labels: int array (training examples,), or of tags 0 and 1 as a float array
            (training examples, tags).
        held_out: float array (validation examples, dims).
        held_labels: the same of validation examples.
        class_weight: class index → weight of its examples; None if all count alike.
        units: of all training and validation examples, see `folds`; None if each is
            dealt to the folds by itself.
    """

    views: Sequence[np.ndarray]
    labels: np.ndarray
    held_out: np.ndarray
    held_labels: np.ndarray
    class_weight: Mapping[int, float] | None = None
    units: np.ndarray | None = None

    @property
    def can_fold(self) -> bool:
        """Whether the examples are few enough for cross-validation."""
        return len(self.labels) + len(self.held_labels) <= MOST_EXAMPLES


def labels_of(dataset: Dataset, split: str) -> np.ndarray:
    """Return the labels of a split's examples as `HeadData` takes them.

    Raises:
        ConfigError: for answers that are neither classes nor tags.
    """
    targets = np.asarray(dataset.targets(dataset.examples[split]))
    if targets.ndim == 1:
        return targets.astype(int)
    if targets.ndim > 2 or not np.isin(targets, (0, 1)).all():
        raise ConfigError(
            "`fine_tune.head.solver` = 'exact' is for classes and tags, and the data "
            "has other answers. Set it to 'gradient'."
        )
    return targets


class ExactHead(Workload):
    """One fit of the last dense layer of a head.

    Args:
        head: features to logits: scaling, dropout and one dense layer at most.
        data: what it learns from.
        everything: learn from validation examples too, the penalty chosen by folds of
            all; else it is chosen on the validation examples.

    Raises:
        ConfigError: if the head has hidden layers or a single logit.
    """

    unit, round_name, monitor = "fits", "fit", "val_loss"
    total = round_units = 1

    def __init__(self, head: keras.Model, data: HeadData, everything: bool) -> None:
        dense = [x for x in head.layers if isinstance(x, keras.layers.Dense)]
        self.num_classes = head.output_shape[-1]
        if len(dense) != 1 or dense[0].units != max(self.num_classes, 2):
            raise ConfigError(
                "`fine_tune.head.solver` = 'exact' needs a head of one dense layer "
                "with a unit per class. Leave `hidden_units` and `single_logit` out of "
                "model.options, or set it to 'gradient'."
            )
        self.head, self.data, self.dense = head, data, dense[0]
        self.everything = everything and data.can_fold
        self.below = keras.Model(head.input, self.dense.input)

    def advance(self) -> Figures:
        """Fit the layer; see `Workload`."""
        strength = self.strength
        rows, labels, weights = self._learned
        model = next(self._path(rows, labels, weights, [strength], EXACT))
        # Processors round differently: all workers take what the chief has fitted.
        fitted = team().agree([model.weights.tolist(), model.bias.tolist()])
        self.dense.set_weights([np.asarray(values) for values in fitted])
        self.done = 1
        plain = model.logits(rows[: len(labels)])
        return {"strength": strength, **self._figures("", plain, labels)}

    def score(self) -> Figures | None:
        """Return loss and accuracy on validation examples that were held out."""
        if not len(self.data.held_labels):
            return None
        return self._figures("val_", self.held_out_logits(), self.data.held_labels)

    def held_out_logits(self) -> np.ndarray:
        """Return logits of validation examples by heads that have not seen them."""
        if self.everything:
            return self._folded[1][len(self.data.labels) :]
        return predict(self.head, self.data.held_out, len(self.data.held_out))

    def cross_validated(self) -> tuple[np.ndarray, np.ndarray]:
        """Return log losses, and which answers are right, of heads without the example.

        Returns:
            Float arrays (training and validation examples,), see `log_loss` and
            `right_share`.
        """
        labels = np.concatenate([self.data.labels, self.data.held_labels])
        logits = self._folded[1]
        return log_loss(logits, labels), right_share(logits, labels)

    def variables(self) -> Sequence[Any]:
        """Return the weights of the layer; see `Workload`."""
        return self.dense.weights

    @cached_property
    def strength(self) -> float:
        """The strength of the penalty by which held-out examples are likeliest."""
        if self.everything or not len(self.data.held_labels):
            return self._folded[0]
        rows, labels = self._scaled(self.data.held_out), self.data.held_labels

        def loss(model: LogisticRegression) -> float:
            return self._mean_loss(model.logits(rows), labels)

        return likeliest(self._path(*self._learned), loss).strength

    @cached_property
    def _learned(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Rows (views times examples), labels and weights that are learned from.

        Labels and weights are of one view; the plain views come first.
        """
        data = self.data
        views = [self._scaled(view) for view in data.views]
        if not self.everything or not len(data.held_labels):
            return np.concatenate(views), data.labels, self._weights(data.labels)
        plain = np.concatenate([views[0], self._scaled(data.held_out)])
        labels = np.concatenate([data.labels, data.held_labels])
        # Held-out examples have one view: it counts as often as those of the others.
        further = [np.concatenate([v, self._scaled(data.held_out)]) for v in views[1:]]
        return np.concatenate([plain, *further]), labels, self._weights(labels)

    @cached_property
    def _folded(self) -> tuple[float, np.ndarray]:
        """The best strength, and logits of every example by a head without it."""
        rows, labels, weights = self._learned
        fold = folds(labels, self.data.units)
        views = len(rows) // len(labels)
        paths = [
            self._path(
                rows[np.tile(fold != number, views)],
                labels[fold != number],
                None if weights is None else weights[fold != number],
            )
            for number in range(FOLDS)
        ]

        def judged(models: Sequence[LogisticRegression]) -> tuple[float, np.ndarray]:
            answers = np.zeros((len(labels), self.num_classes))
            for number, model in enumerate(models):
                held = fold == number
                answers[held] = model.logits(rows[: len(labels)][held])
            return models[0].strength, answers

        together = map(judged, zip(*paths, strict=True))
        return likeliest(together, lambda found: self._mean_loss(found[1], labels))

    def _path(
        self,
        rows: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray | None,
        strengths: Sequence[float] = STRENGTHS,
        tolerance: float = ENOUGH,
    ) -> Iterator[LogisticRegression]:
        views = len(rows) // len(labels)
        return fit_path(
            rows,
            np.concatenate([labels] * views),
            self.num_classes,
            strengths,
            None if weights is None else np.tile(weights, views),
            standardize=False,
            tolerance=tolerance,
        )

    def _mean_loss(self, logits: np.ndarray, labels: np.ndarray) -> float:
        weights = self._weights(labels)
        return float(np.average(log_loss(logits, labels), weights=weights))

    def _weights(self, labels: np.ndarray) -> np.ndarray | None:
        if self.data.class_weight is None:
            return None
        return np.array([self.data.class_weight[int(label)] for label in labels])

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        """Return rows as the dense layer receives them."""
        return predict(self.below, rows, len(rows))

    def _figures(
        self, prefix: str, logits: np.ndarray, labels: np.ndarray
    ) -> dict[str, float]:
        penalty = sum(float(loss) for loss in self.head.losses)
        return {
            f"{prefix}loss": self._mean_loss(logits, labels) + penalty,
            f"{prefix}accuracy": float(right_share(logits, labels).mean()),
        }
