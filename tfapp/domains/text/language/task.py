"""Which character comes next in a running text."""

from collections.abc import Sequence
from typing import Any, cast

import keras

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.text.language.interface import INTERFACE
from tfapp.domains.text.language.load import TextDataset
from tfapp.domains.text.language.results import (
    METRIC,
    evaluate_language_model,
    language_baselines,
)
from tfapp.domains.text.language.stepping import stream
from tfapp.domains.text.language.views import sample_views
from tfapp.report.blocks import Details, Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Learning, Task

TEMPERATURES = (0.5, 0.8, 1.0)
SAMPLED = 400
"""Characters of each sample of the report."""
PROMPTED = 40


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
        sections=_sections,
        views=sample_views,
    )


def _learning(model: keras.Model, info: DataInfo) -> Learning:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Learning(model, loss, [])


def _sections(results: Results, dataset: Dataset, model: Any) -> Sequence[Section]:
    """Return samples at three temperatures, behind the beginning of the test part."""
    text = cast(TextDataset, dataset)
    names, start = text.preprocessor.names(), text.ends[1]
    if start >= len(text.text):
        start = 0
    prompt = "".join(names[i] for i in text.text[start : start + PROMPTED])
    blocks = []
    for temperature in TEMPERATURES:
        drawn = stream(
            model,
            text.preprocessor,
            prompt,
            length=SAMPLED,
            temperature=temperature,
        )
        blocks.append(Details(f"Temperature {temperature:g}", prompt + "".join(drawn)))
    lead = (
        f"What it writes behind the first {PROMPTED} characters of the test part; a "
        "lower temperature is more careful."
    )
    return [Section("Samples", lead, tuple(blocks))]
