"""Which character comes next in a running text."""

from collections.abc import Sequence
from typing import Any

import keras

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.text.language.interface import INTERFACE
from tfapp.domains.text.language.results import (
    METRIC,
    evaluate_language_model,
    language_baselines,
)
from tfapp.domains.text.language.sections import language_sections
from tfapp.domains.text.language.tree import fit_tree
from tfapp.domains.text.language.views import sample_views
from tfapp.domains.text.layers.ngram_mixture import NgramMixture
from tfapp.tasks.spec import Learning, Task


def task() -> Task:
    """Predict every character of a text from those before it."""
    return Task(
        name="character_language_model",
        learning=_learning,
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=evaluate_language_model,
        refit=_ngrams_of_all,
        interface=INTERFACE,
        baselines=language_baselines,
        sections=language_sections,
        views=sample_views,
    )


def _learning(model: keras.Model, info: DataInfo) -> Learning:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Learning(model, loss, [])


def _ngrams_of_all(
    model: keras.Model, dataset: Dataset
) -> Sequence[tuple[Any, Sequence[Any]]]:
    """Return the n-grams next to a network, counted in the validation text too."""
    own: Any = dataset
    return [
        (
            layer,
            fit_tree(
                own.text[: own.ends[1]], layer.num_symbols, len(layer.widths)
            ).weights(layer.num_nodes),
        )
        for layer in model.layers
        if isinstance(layer, NgramMixture)
    ]
