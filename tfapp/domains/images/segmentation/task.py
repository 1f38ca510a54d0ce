"""A class for every pixel."""

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import keras
import numpy as np

from tfapp.base.errors import ConfigError
from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.images.network_sections import network_sections
from tfapp.domains.images.segmentation.baselines import segmentation_baselines
from tfapp.domains.images.segmentation.data.dataset import MaskDataset
from tfapp.domains.images.segmentation.data.reading import IGNORED
from tfapp.domains.images.segmentation.galleries import mask_views
from tfapp.domains.images.segmentation.interface import INTERFACE
from tfapp.domains.images.segmentation.metrics import (
    JudgedImage,
    judge_image,
    segmentation_metrics,
)
from tfapp.domains.images.segmentation.models.turns import PLAIN
from tfapp.domains.images.segmentation.results import METRIC, segmentation_results
from tfapp.domains.images.segmentation.sections import segmentation_sections
from tfapp.domains.images.segmentation.verdict import segmentation_findings
from tfapp.domains.images.views import small_picture
from tfapp.layers.outputs import output_model
from tfapp.problems.classification.calibration import fit_temperature
from tfapp.problems.classification.metrics import check_finite
from tfapp.recipes.config import Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Calibration, Results, require_tested
from tfapp.tasks.spec import Learning, Outputs, Task

SAMPLED_PIXELS = 4000
"""Of each validation image, for the temperature."""


def task(*, dice: float = 0.0, label_smoothing: Share = 0.0) -> Task:
    """Choose one class for every pixel of an image.

    Args:
        dice: share of the soft Dice loss in the loss; the rest is cross-entropy.
        label_smoothing: share of the labels that is spread over all classes, for the
            cross-entropy.

    Raises:
        ConfigError: if the share is none.
    """
    if not 0.0 <= dice <= 1.0:
        raise ConfigError(f"`task_options.dice` must be in [0, 1]. Received: {dice!r}")
    return Task(
        name="image_segmentation",
        learning=partial(_learning, dice, label_smoothing),
        # The loss still moves when the accuracy of a small validation set stands.
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=_evaluate,
        baselines=segmentation_baselines,
        findings=segmentation_findings,
        sections=_sections,
        views=mask_views,
        thumbnail=small_picture,
        interface=INTERFACE,
    )


class OverlapLoss(keras.losses.Loss):
    """Cross-entropy of every pixel, mixed with the soft Dice loss of every image.

    Pixels without a class, whose answer is all zeros, are left out of both.

    The Dice loss is 1 - 2 |p y| / (|p| + |y|), mean over the classes, where p are the
    probabilities of a class and y its mask; a class counts the same however small its
    area. Both parts are weighed by the weights of the pixels, if there are any.

    Args:
        dice: share of the Dice loss, in [0, 1].
        label_smoothing: of the cross-entropy.

    Call arguments:
        y_true: one-hot float tensor (batch, rows, columns, num_classes), zeros for
            pixels that are ignored.
        y_pred: float tensor of logits, the same shape.

    Reference:
        Milletari, Navab & Ahmadi, V-Net: Fully convolutional neural networks for
        volumetric medical image segmentation, 3DV 2016,
        https://arxiv.org/abs/1606.04797
    """

    def __init__(self, dice: float, label_smoothing: float) -> None:
        super().__init__(name="overlap")
        self.dice = dice
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of every pixel, (batch, rows, columns)."""
        ops = keras.ops
        entropy = keras.losses.categorical_crossentropy(
            y_true, y_pred, from_logits=True, label_smoothing=self.label_smoothing
        )
        known = ops.sum(y_true, axis=-1)
        # The mean is of the pixels that have a class.
        entropy = entropy * known / ops.maximum(ops.mean(known), 1e-7)
        if not self.dice:
            return entropy
        shares = ops.softmax(y_pred) * known[..., None]
        common = ops.sum(shares * y_true, axis=(1, 2))
        both = ops.sum(shares + y_true, axis=(1, 2))
        # One pixel more on both sides: a class that is nowhere has no loss.
        overlap = 1.0 - ops.mean((2.0 * common + 1.0) / (both + 1.0), axis=-1)
        return (1.0 - self.dice) * entropy + self.dice * overlap[:, None, None]


class PixelAccuracy(keras.metrics.CategoricalAccuracy):
    """Share of the pixels that have a class and get the right one."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count the pixels whose answer is not all zeros."""
        known = keras.ops.sum(y_true, axis=-1)
        weight = known if sample_weight is None else known * sample_weight
        return super().update_state(y_true, y_pred, weight)


def _learning(
    dice: float, label_smoothing: float, model: keras.Model, info: DataInfo
) -> Learning:
    """Return what is trained: the image as it is, however many turns answer."""
    accuracy = PixelAccuracy(name="accuracy")
    plain = output_model(model, PLAIN)
    return Learning(plain, OverlapLoss(dice, label_smoothing), [accuracy])


def _evaluate(
    outputs: Outputs, dataset: Dataset, calibration: Calibration | None
) -> Results:
    masks = cast(MaskDataset, dataset)
    require_tested(masks.examples["test"], "image", "images with masks")
    temperature, validation = 1.0, None
    if calibration is not None:
        temperature = calibration.get("temperature", 1.0)
    elif masks.examples["validation"]:
        temperature, validation = _validated(outputs, masks)
    judged = list(_judge(outputs("test"), masks, "test"))
    names = masks.info.labels
    test = masks.examples["test"]
    return segmentation_results(test, judged, names, temperature, validation)


def _sections(results: Results, dataset: Dataset, model: Any) -> list[Section]:
    sections = segmentation_sections(results, cast(MaskDataset, dataset))
    return [*sections, *network_sections(model, dataset)]


def _judge(answers: Any, masks: MaskDataset, split: str) -> Iterator[JudgedImage]:
    """Compare the logits of a split, one image at a time, with the masks."""
    for example, logits in zip(masks.examples[split], answers, strict=True):
        check_finite(logits.reshape(1, -1))
        yield judge_image(logits, masks.truth(example))


def _validated(outputs: Outputs, masks: MaskDataset) -> tuple[float, dict[str, Any]]:
    """Return the temperature, fitted to some pixels of every image, and figures."""
    generator = np.random.default_rng(0)
    judged, sampled_logits, sampled_labels = [], [], []
    answers = outputs("validation")
    for example, logits in zip(masks.examples["validation"], answers, strict=True):
        check_finite(logits.reshape(1, -1))
        truth = masks.truth(example)
        judged.append(judge_image(logits, truth))
        known = np.flatnonzero(truth.ravel() != IGNORED)
        chosen = known[generator.integers(0, known.size, SAMPLED_PIXELS)]
        sampled_logits.append(logits.reshape(truth.size, -1)[chosen])
        sampled_labels.append(truth.ravel()[chosen].astype(np.int64))
    labels = np.concatenate(sampled_labels)
    temperature = fit_temperature(np.concatenate(sampled_logits), labels)
    figures = segmentation_metrics(judged, masks.info.labels)
    keys = ("pixel_error", "iou", "dice", "rand_f_score", "rand_f_score_best")
    return temperature, {key: figures[key] for key in keys}
