"""One label per text."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from tfapp.data.spec import Dataset
from tfapp.domains.text.classification.baselines import text_baselines
from tfapp.domains.text.classification.interface import INTERFACE
from tfapp.domains.text.classification.sections import text_sections
from tfapp.domains.text.classification.views import text_views
from tfapp.domains.text.layers.ngram_weights import NgramWeights
from tfapp.problems.classification.learning import ACCURACY, class_learning
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.problems.classification.verdict import classification_findings
from tfapp.recipes.config import Margin, Share
from tfapp.tasks.spec import Task

METRIC = accuracy_metric("texts")


def task(
    *,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
    choose_by: Literal["cross_entropy", "accuracy"] = "cross_entropy",
    margin: Margin = 2.0,
) -> Task:
    """Choose one class for each text.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.
        choose_by: figure of the validation texts that chooses the best epoch. A network
            that learns its texts by heart becomes too sure of itself: its accuracy may
            rise for many epochs while its cross-entropy does too.
        margin: standard errors by which the log loss of the validation texts has to
            fall for a network next to n-grams to be kept: the best of a dozen epochs
            may be better by chance. 0 to keep it if it falls at all.
    """
    return Task(
        name="text_classification",
        learning=partial(class_learning, label_smoothing),
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
        margin=margin,
        interface=INTERFACE,
    )


def _ngrams_of_all(
    model: Any, dataset: Dataset
) -> Sequence[tuple[Any, Sequence[np.ndarray]]]:
    """Return the n-grams next to a network, weighed by validation texts too."""
    texts: Any = dataset
    weighed = [x for x in model.layers if isinstance(x, NgramWeights)]
    if not weighed:
        return ()
    learned = texts.rows("train", "validation")
    mixed = texts.mixed.fitted_again(learned, texts.preprocessor.num_values)
    return [(layer, mixed.layer_weights()) for layer in weighed]
