"""One label per text."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import keras
import numpy as np

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.text.classification.baselines import text_baselines
from tfapp.domains.text.classification.interface import INTERFACE
from tfapp.domains.text.classification.models.parts import NETWORK
from tfapp.domains.text.classification.sections import text_sections
from tfapp.domains.text.classification.tempered import TemperedCrossentropy
from tfapp.domains.text.classification.views import text_views
from tfapp.domains.text.layers.ngram_weights import NgramWeights
from tfapp.layers.outputs import LOGITS
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.problems.classification.verdict import classification_findings
from tfapp.recipes.config import Share
from tfapp.tasks.spec import Learning, Task

METRIC = accuracy_metric("texts")
LOSS, ACCURACY = "cross_entropy", "accuracy"


def task(
    *,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
    choose_by: Literal["cross_entropy", "accuracy"] = "cross_entropy",
) -> Task:
    """Choose one class for each text.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.
        choose_by: figure of the validation texts that chooses the best epoch. A network
            that learns its texts by heart becomes too sure of itself: its accuracy may
            rise for many epochs while its cross-entropy does too.
    """
    return Task(
        name="text_classification",
        learning=partial(_learning, label_smoothing),
        # Of the answer: with n-grams, the loss is that of the network alone.
        monitor=f"val_{choose_by}",
        mode="max" if choose_by == ACCURACY else "min",
        metric=METRIC,
        evaluate=partial(evaluate_classifier, METRIC),
        refit=_ngrams_of_all,
        baselines=text_baselines,
        findings=classification_findings,
        sections=text_sections,
        views=text_views,
        class_weights=class_weights,
        interface=INTERFACE,
    )


def _learning(label_smoothing: float, model: Any, info: DataInfo) -> Learning:
    """Return what is trained: the network, whether n-grams stand next to it or not.

    The n-grams know the training texts, so what learned next to them by a common loss
    would find nothing left to learn.
    """
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing
    )
    accuracy = keras.metrics.CategoricalAccuracy(name=ACCURACY)
    if not isinstance(model.output, dict):
        plain = keras.metrics.CategoricalCrossentropy(name=LOSS, from_logits=True)
        return Learning(model, loss, [accuracy, plain])
    return Learning(
        model,
        {LOGITS: loss, NETWORK: loss},
        [accuracy, TemperedCrossentropy(name=LOSS)],
        batch=lambda words, labels: (words, {LOGITS: labels, NETWORK: labels}),
        main=LOGITS,
        loss_weights={LOGITS: 0.0, NETWORK: 1.0},
        answers_untrained=True,
    )


def _ngrams_of_all(
    model: Any, dataset: Dataset
) -> Sequence[tuple[Any, Sequence[np.ndarray]]]:
    """Return the n-grams next to a network, weighed by validation texts too."""
    texts: Any = dataset
    weighed = [x for x in model.layers if isinstance(x, NgramWeights)]
    if not weighed:
        return ()
    parts = [texts.rows(split) for split in ("train", "validation")]
    words, labels = (np.concatenate(both) for both in zip(*parts, strict=True))
    size = texts.preprocessor.num_values
    mixed = texts.mixed.fitted_again((words, labels), size)
    return [(layer, mixed.layer_weights()) for layer in weighed]
