"""Answers for every pixel, averaged over an image turned and mirrored."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from tfapp.base.errors import ModelError
from tfapp.layers.outputs import LOGITS

PLAIN = "plain"
"""Name of the output that learns: the answer to the image as it is."""
QUARTERS = {4: (0, 2), 8: (0, 1, 2, 3)}
"""Number of versions → quarter turns; each is there as it is and mirrored."""
SMALLEST = 1e-7
"""Probability whose logarithm stands for smaller ones."""


def averaged_over_turns(
    inputs: Any, answer: Callable[[Any], Any], turns: int
) -> Any | dict[str, Any]:
    """Return outputs of a network that looks at each image in several positions.

    Args:
        inputs: Keras tensor (batch, height, width, channels).
        answer: images to logits (batch, rows, columns, num_outputs) of pixels in the
            middle.
        turns: 1 for the image alone, 4 for it mirrored in both directions, 8 for all
            quarter turns too.

    Returns:
        The logits, or a dict of them as "plain", which learns, and of the logarithm of
        the mean probabilities as "logits", float32, which answers.

    Raises:
        ModelError: for another number, or if the image is not square and turned.
    """
    if turns not in (choices := [1, *QUARTERS]):
        raise ModelError(f"`turns` must be one of {choices}. Received: {turns!r}")
    plain = answer(inputs)
    if turns == 1:
        return plain
    height, width = inputs.shape[1:3]
    if turns == 8 and height != width:
        raise ModelError(
            f"`turns` = 8 needs square images. Received: {height}x{width} pixels. Set "
            "it to 4, or make the tiles square."
        )
    answers = answer(TurnedImages(turns, name="turned")(inputs))
    averaged = TurnAverage(turns, name=LOGITS, dtype="float32")(answers)
    return {PLAIN: plain, LOGITS: averaged}


class _Turns(keras.layers.Layer):
    """What both layers share.

    Args:
        turns: number of versions.
    """

    def __init__(self, turns: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.turns = turns
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def versions(self) -> list[tuple[int, bool]]:
        """Return quarter turns, and whether it is mirrored afterwards, of each."""
        return [(k, m) for k in QUARTERS[self.turns] for m in (False, True)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"turns": self.turns}


@keras.saving.register_keras_serializable(package="tfapp")
class TurnedImages(_Turns):
    """Every image in all its positions.

    Input shape:
        Tensor (batch, height, width, channels).

    Output shape:
        Tensor (turns * batch, height, width, channels): all images in the first
        position, then all in the second, ...
    """

    def call(self, inputs: Any) -> Any:
        images = []
        for quarters, mirrored in self.versions():
            turned = ops.rot90(inputs, quarters, axes=(1, 2))
            images.append(ops.flip(turned, axis=2) if mirrored else turned)
        return ops.concatenate(images, axis=0)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (None, *input_shape[1:])


@keras.saving.register_keras_serializable(package="tfapp")
class TurnAverage(_Turns):
    """Logits for all positions of `TurnedImages`, turned back and averaged.

    Input shape:
        Float tensor (turns * batch, rows, columns, num_outputs).

    Output shape:
        Float32 tensor (batch, rows, columns, num_outputs): the logarithms of the mean
        probabilities.
    """

    def call(self, inputs: Any) -> Any:
        shares = ops.softmax(ops.cast(inputs, "float32"), axis=-1)
        answers = []
        for part, (quarters, mirrored) in zip(
            ops.split(shares, self.turns, axis=0), self.versions(), strict=True
        ):
            straight = ops.flip(part, axis=2) if mirrored else part
            answers.append(ops.rot90(straight, -quarters, axes=(1, 2)))
        mean = sum(answers) / self.turns
        return ops.log(ops.maximum(mean, SMALLEST))

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (None, *input_shape[1:])
