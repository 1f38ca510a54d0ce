"""One label per image, learnt by the length of capsules and by drawing them."""

from dataclasses import replace
from functools import partial
from typing import Any, Literal

import keras

from tfapp.base.errors import ConfigError, ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.capsules.layers.losses import (
    GrowingMargin,
    MarginLoss,
    ReconstructionLoss,
    SpreadLoss,
)
from tfapp.domains.images.capsules.views import capsule_views
from tfapp.domains.images.classification.task import task as classification
from tfapp.recipes.config import Share
from tfapp.tasks.spec import Learning, Task

SCALES = {"margin": "paper", "margin_code": "code"}

MASK, DECODER, DRAWN = "mask", "decoder", "reconstruction"
"""Layers of a capsule network that this task calls anew, and what they give."""


def task(
    *,
    loss: Literal["margin", "margin_code", "spread"] = "margin",
    reconstruction: float = 0.0005,
    margin_steps: int = 50_000,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
) -> Task:
    """Choose one class for each image by the presence of its capsule.

    Args:
        loss: the margin loss as the paper sums it, as the authors' code averages it, or
            the spread loss of matrix capsules.
        reconstruction: weight of the squared differences between the picture and what
            the decoder draws of the true class; 0 to leave it out, as it is where a
            network has no decoder.
        margin_steps: training steps in which the logit of the spread loss's margin
            grows by 1. The paper's 50,000 need 400,000 steps to reach 0.98; shorter
            trainings reach it with an eighth of their steps.
        label_smoothing: share of the labels that is spread over all classes, in the
            margin losses.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.

    Raises:
        ConfigError: if `reconstruction` is negative or `margin_steps` below 1.
    """
    for name, value, least in (
        ("reconstruction", reconstruction, 0),
        ("margin_steps", margin_steps, 1),
    ):
        if value < least:
            raise ConfigError(
                f"`task_options.{name}` must be at least {least}. Received: {value!r}"
            )
    plain = classification(class_weights=class_weights)
    spreads = loss == "spread"
    return replace(
        plain,
        name="capsule_classification",
        views=capsule_views,
        learning=partial(
            _learning,
            _losses(loss, reconstruction, label_smoothing),
            margin_steps if spreads else None,
        ),
        # The margin of the spread loss grows, so its values are not comparable.
        monitor="val_accuracy" if spreads else plain.monitor,
        mode="max" if spreads else plain.mode,
    )


def _losses(kind: str, reconstruction: float, label_smoothing: float) -> dict[str, Any]:
    losses: dict[str, Any] = {}
    if kind == "spread":
        losses["spread"] = SpreadLoss()
    else:
        losses["presence"] = MarginLoss(SCALES[kind], label_smoothing)
    if reconstruction:
        losses[DRAWN] = ReconstructionLoss(reconstruction)
    return losses


def _learning(
    losses: dict[str, Any], margin_steps: int | None, model: keras.Model, info: DataInfo
) -> Learning:
    """Return how a capsule network learns; see `Learning`.

    The capsule that is drawn in training is that of the true class, whichever is the
    longest, so the label is an input next to the image. Without `margin_steps` there
    is no spread loss, and without a decoder no drawing.
    """
    outputs_by_name = model.output
    if not (isinstance(outputs_by_name, dict) and "presence" in outputs_by_name):
        raise ModelError(
            f"Task 'capsule_classification' cannot train the model {model.name!r}: it "
            "expects the output `presence` of a capsule network. Use one, or task = "
            "'image_classification'."
        )
    presence = outputs_by_name["presence"]
    outputs, inputs = {"presence": presence}, {"image": model.input}
    if margin_steps:
        margin = GrowingMargin(margin_steps, name="margin", dtype="float32")
        outputs["spread"] = margin(presence)
    if DRAWN in losses and DRAWN in outputs_by_name:
        mask, decoder = model.get_layer(MASK), model.get_layer(DECODER)
        inputs["label"] = keras.Input(presence.shape[1:], name="label")
        outputs[DRAWN] = decoder(mask(mask.input, inputs["label"]))

    def batch(images: Any, labels: Any) -> tuple[Any, Any]:
        targets = {"image": images, "label": labels, DRAWN: images}
        batch_inputs = {name: targets[name] for name in inputs}
        return batch_inputs, {name: targets.get(name, labels) for name in outputs}

    view = keras.Model(inputs, outputs, name=model.name)
    losses = {name: loss for name, loss in losses.items() if name in outputs}
    accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    return Learning(view, losses, [accuracy], batch, main="presence")
