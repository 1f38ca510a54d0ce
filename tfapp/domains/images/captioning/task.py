"""A caption for each photo."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.images.captioning.dataset import CaptionDataset
from tfapp.domains.images.captioning.evaluation.baselines import caption_baselines
from tfapp.domains.images.captioning.evaluation.results import (
    METRIC,
    evaluate_captioner,
)
from tfapp.domains.images.captioning.evaluation.sections import caption_sections
from tfapp.domains.images.captioning.interface import INTERFACE
from tfapp.domains.images.captioning.models.parts import (
    TARGET,
    decoder_of,
    taught_model,
)
from tfapp.domains.images.captioning.views import caption_views
from tfapp.domains.images.views import small_picture
from tfapp.domains.text.translation.losses import (
    ExactAccuracy,
    SymbolAccuracy,
    SymbolLoss,
)
from tfapp.layers.outputs import LOGITS
from tfapp.recipes.config import Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Learning, Task


def task(*, label_smoothing: Share = 0.0) -> Task:
    """Describe each photo in words.

    Args:
        label_smoothing: share of a word that is spread over all of them.
    """
    return Task(
        name="image_captioning",
        learning=partial(_learning, label_smoothing),
        monitor="val_accuracy",
        mode="max",
        metric=METRIC,
        evaluate=evaluate_captioner,
        interface=INTERFACE,
        baselines=caption_baselines,
        sections=_sections,
        views=caption_views,
        thumbnail=small_picture,
    )


def _learning(smoothing: float, model: keras.Model, info: DataInfo) -> Learning:
    decoder_of(model)  # refuses a network without one
    metrics = [SymbolAccuracy(), ExactAccuracy()]
    losses = {LOGITS: SymbolLoss(smoothing)}
    batch = partial(_taught, model.input.name)
    return Learning(taught_model(model), losses, metrics, batch=batch, main=LOGITS)


def _taught(name: str, inputs: Any, targets: Any) -> tuple[Any, Any]:
    """Return the right captions as a further input, which the decoder reads shifted."""
    whole = tf.cast if tf.is_tensor(targets) else np.asarray
    ids = whole(targets, np.int32)
    return {name: inputs, TARGET: ids}, {LOGITS: ids}


def _sections(results: Results, dataset: Dataset, model: Any) -> Sequence[Section]:
    return caption_sections(results, cast(CaptionDataset, dataset), model)
