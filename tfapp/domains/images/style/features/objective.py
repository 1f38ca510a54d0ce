"""The loss of a picture and its gradient, at once or part by part.

The losses depend on the features through sums over places alone. So a picture that is
too large for the memory is cut into parts: their sums are added up, and the gradient of
each part follows from that of the sums by the chain rule. It is the gradient of the
whole picture but for what lies beyond the surroundings of a part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from tfapp.domains.images.style.features.boxes import padded
from tfapp.domains.images.style.features.extraction import Extraction, Layers
from tfapp.domains.images.style.features.losses import (
    SMALLEST,
    gram_sum,
    out_of_range,
    relative_error,
    total_variation,
)
from tfapp.domains.images.style.features.targets import (
    Part,
    Style,
    grams,
    parts,
    regions,
)


@dataclass(frozen=True)
class Weights:
    """How much each loss counts.

    Args:
        content: of the content loss, the mean over its layers.
        style: of the style loss, the mean over its layers.
        variation: of the total variation.
        bounds: of values outside [0, 1].
    """

    content: float = 1.0
    style: float = 20.0
    variation: float = 2.0
    bounds: float = 10.0


@dataclass
class Objective:
    """The loss of a picture of one size.

    Args:
        extraction: reads the features.
        layers: which of them count for style and content.
        content: float32 (height, width, 3), in [0, 1].
        styles: at least one.
        weights: of the losses.
        part_side: longest side of a part, in pixels, a multiple of 32; 0 for the whole
            picture at once.
    """

    extraction: Extraction
    layers: Layers
    content: np.ndarray
    styles: Sequence[Style]
    weights: Weights = Weights()
    part_side: int = 0
    parts: list[Part] = field(init=False)

    def __post_init__(self) -> None:
        read, layers, side = self.extraction, self.layers, self.part_side
        masks = regions(self.styles, self.content.shape[:2])
        self.targets = [grams(read, layers, s.picture, side) for s in self.styles]
        self.parts = parts(read, layers, self.content, masks, side)
        self.places = [
            {n: sum(p.places[region][n] for p in self.parts) for n in layers.style}
            for region in range(len(masks))
        ]
        self.content_sizes = {
            name: sum(float(np.square(p.content[name]).sum()) for p in self.parts)
            for name in layers.content
        }
        self._functions: dict[str, Any] = {}

    @property
    def names(self) -> list[str]:
        """The losses, in the order in which they are computed."""
        content = [f"content_{name}" for name in self.layers.content]
        style = [f"style_{name}" for name in self.layers.style]
        return [*content, *style, "variation"]

    def __call__(
        self, picture: np.ndarray
    ) -> tuple[float, np.ndarray, dict[str, float]]:
        """Return the loss, its gradient, and each unweighted loss by name.

        Args:
            picture: float (height, width, 3), as the content.
        """
        tensor = tf.constant(picture, tf.float32)
        whole = padded(tensor)
        if len(self.parts) == 1:
            total, losses, slope = self._compiled("once", self._at_once)(whole)
        else:
            total, losses, slope = self._by_parts(whole)
        own, variation, gradient = self._compiled("pixels", self._of_pixels)(
            tensor, slope
        )
        return float(total + own), gradient.numpy(), self._named(losses, variation)

    def measure(self, picture: np.ndarray) -> dict[str, float]:
        """Return each unweighted loss of a picture by name, without a gradient.

        Args:
            picture: float (height, width, 3), as the content.
        """
        tensor = tf.constant(picture, tf.float32)
        whole = padded(tensor)
        # Not compiled: that takes longer than the one answer.
        pieces = [self._sums(part.box.cut(whole), part) for part in self.parts]
        _, losses = self._losses(_added(pieces))
        return self._named(losses, total_variation(tensor))

    def _named(self, losses: Any, variation: Any) -> dict[str, float]:
        values = [*losses.numpy().tolist(), float(variation)]
        return dict(zip(self.names, values, strict=True))

    def _compiled(self, name: str, function: Callable[..., Any]) -> Any:
        """Return a function that is compiled once for this picture."""
        if name not in self._functions:
            self._functions[name] = tf.function(function, autograph=False)
        return self._functions[name]

    def _at_once(self, whole: Any) -> Any:
        """Return loss, losses and gradient of a padded picture."""
        with tf.GradientTape() as tape:
            tape.watch(whole)
            pixels = self.parts[0].box.cut(whole)
            total, losses = self._losses(self._sums(pixels, self.parts[0]))
        return total, losses, tape.gradient(total, whole)

    def _by_parts(self, whole: Any) -> Any:
        """Return the same, with the activations of one part in memory at a time."""
        pieces = [
            self._part_function("sums", number)(part.box.cut(whole))
            for number, part in enumerate(self.parts)
        ]
        total, losses, slopes = self._compiled("slopes", self._slopes)(_added(pieces))
        gradient = np.zeros(whole.shape, np.float32)
        for number, part in enumerate(self.parts):
            function = self._part_function("gradient", number)
            own = part.box.cut(gradient)
            own += function(part.box.cut(whole), slopes).numpy()
        return total, losses, tf.constant(gradient)

    def _part_function(self, kind: str, number: int) -> Any:
        """Return what computes the sums of a part, or the gradient through them."""
        part = self.parts[number]

        def sums(pixels: Any) -> Any:
            return self._sums(pixels, part)

        def gradient(pixels: Any, slopes: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(pixels)
                values = self._sums(pixels, part)
            return tape.gradient(values, pixels, output_gradients=slopes)

        function = sums if kind == "sums" else gradient
        return self._compiled(f"{kind} {number}", function)

    def _slopes(self, totals: Any) -> Any:
        """Return loss, losses, and the gradient by each sum."""
        with tf.GradientTape() as tape:
            tape.watch(totals)
            total, losses = self._losses(totals)
        return total, losses, tape.gradient(total, totals)

    def _of_pixels(self, picture: Any, slope: Any) -> Any:
        """Add what depends on the pixels alone, and take the padding back.

        Args:
            picture: without padding.
            slope: gradient of the other losses by the padded picture.

        Returns:
            The weighted losses of the pixels, the total variation, the whole gradient.
        """
        weights = self.weights
        with tf.GradientTape() as tape:
            tape.watch(picture)
            variation = total_variation(picture)
            own = weights.variation * variation + weights.bounds * out_of_range(picture)
            both = own + ops.sum(padded(picture) * slope)
        return own, variation, tape.gradient(both, picture)

    def _sums(self, pixels: Any, part: Part) -> list[Any]:
        """Return what the losses depend on: content first, then region by region."""
        features = self.extraction(pixels)
        own = {name: part.box.crop(value) for name, value in features.items()}
        content = [
            ops.sum(ops.square(own[name] - part.content[name]))
            for name in self.layers.content
        ]
        style = [
            gram_sum(own[name], None if maps is None else maps[name])
            for maps in part.masks
            for name in self.layers.style
        ]
        return content + style

    def _losses(self, sums: Sequence[Any]) -> tuple[Any, Any]:
        """Return the weighted loss, and every unweighted one as a vector."""
        names, count = self.layers.style, len(self.layers.content)
        content = [
            value / max(self.content_sizes[name], SMALLEST)
            for name, value in zip(self.layers.content, sums[:count], strict=True)
        ]
        style = [0.0] * len(names)
        for number, (kind, targets) in enumerate(
            zip(self.styles, self.targets, strict=True)
        ):
            region = min(number, len(self.places) - 1)
            for index, name in enumerate(names):
                total = sums[count + region * len(names) + index]
                gram = total / max(self.places[region][name], SMALLEST)
                style[index] += kind.share * relative_error(gram, targets[name])
        loss = self.weights.content * sum(content) / max(len(content), 1)
        loss += self.weights.style * sum(style) / len(style)
        return loss, ops.stack([*content, *style])


def _added(pieces: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the sums of a picture from those of its parts."""
    return [sum(values) for values in zip(*pieces, strict=True)]
