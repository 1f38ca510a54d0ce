"""Which character comes next in a running text."""

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.text.language.interface import INTERFACE
from tfapp.domains.text.language.results import (
    METRIC,
    evaluate_language_model,
    language_baselines,
)
from tfapp.domains.text.language.sections import language_sections
from tfapp.domains.text.language.views import sample_views
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
        interface=INTERFACE,
        baselines=language_baselines,
        sections=language_sections,
        views=sample_views,
    )


def _learning(model: keras.Model, info: DataInfo) -> Learning:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Learning(model, loss, [])
