"""A text as the answer to a text."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.text.translation.dataset import PairDataset
from tfapp.domains.text.translation.evaluation.baselines import translation_baselines
from tfapp.domains.text.translation.evaluation.results import (
    METRIC,
    evaluate_translator,
)
from tfapp.domains.text.translation.evaluation.sections import translation_sections
from tfapp.domains.text.translation.interface import INTERFACE
from tfapp.domains.text.translation.losses import (
    ExactAccuracy,
    SymbolAccuracy,
    SymbolLoss,
)
from tfapp.domains.text.translation.models.recurrent_translator import (
    DECODER,
    taught_model,
)
from tfapp.domains.text.translation.views import pair_views
from tfapp.layers.outputs import LOGITS
from tfapp.recipes.config import Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Learning, Task


def task(*, label_smoothing: Share = 0.0) -> Task:
    """Write a text as the answer to a text: translate, spell out, normalise.

    Args:
        label_smoothing: share of a symbol that is spread over all of them.
    """
    return Task(
        name="text_translation",
        learning=partial(_learning, label_smoothing),
        monitor="val_accuracy",
        mode="max",
        metric=METRIC,
        evaluate=evaluate_translator,
        interface=INTERFACE,
        baselines=translation_baselines,
        sections=_sections,
        views=pair_views,
    )


def _learning(smoothing: float, model: keras.Model, info: DataInfo) -> Learning:
    if DECODER not in {layer.name for layer in model.layers}:
        raise ModelError(
            f"Task 'text_translation' cannot train the model {model.name!r}: it has no "
            "decoder. Use recurrent_translator."
        )
    metrics = [SymbolAccuracy(), ExactAccuracy()]
    losses = {LOGITS: SymbolLoss(smoothing)}
    return Learning(taught_model(model), losses, metrics, batch=_taught, main=LOGITS)


def _taught(inputs: Any, targets: Any) -> tuple[Any, Any]:
    """Return the right answer as a further input, which the decoder reads shifted."""
    return {"source": inputs, "target": targets}, {LOGITS: targets}


def _sections(results: Results, dataset: Dataset, model: Any) -> Sequence[Section]:
    return translation_sections(results, cast(PairDataset, dataset), model)
