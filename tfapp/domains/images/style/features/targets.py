"""What the features of a picture are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from tfapp.domains.images.style.features.boxes import Box, boxes, padded
from tfapp.domains.images.style.features.extraction import Extraction, Layers
from tfapp.domains.images.style.features.losses import gram_sum


@dataclass(frozen=True)
class Style:
    """One picture whose style is wanted, and where.

    Args:
        picture: float32 (any height, any width, 3), in [0, 1].
        share: of all styles; the shares sum to 1.
        mask: float32 (height, width) of the content, how much of this style each pixel
            gets; None for all of them alike.
    """

    picture: np.ndarray
    share: float = 1.0
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Part:
    """A part of a picture with what its features are compared with.

    Args:
        box: where it is.
        content: content layer → features of the content.
        masks: of each region: style layer → (rows, columns, 1); None for a region that
            is the whole picture.
        places: of each region: style layer → the sum of its mask.
    """

    box: Box
    content: Mapping[str, np.ndarray]
    masks: tuple[Mapping[str, np.ndarray] | None, ...]
    places: tuple[Mapping[str, float], ...]


def regions(styles: Sequence[Style], size: tuple[int, int]) -> list[np.ndarray | None]:
    """Return where Gram matrices are taken: everywhere, or by the mask of each style.

    Args:
        styles: at least one.
        size: height and width of the content.
    """
    if all(style.mask is None for style in styles):
        return [None]
    everywhere = np.ones(size, np.float32)
    return [everywhere if style.mask is None else style.mask for style in styles]


def parts(
    extraction: Extraction,
    layers: Layers,
    content: np.ndarray,
    masks: Sequence[np.ndarray | None],
    side: int,
) -> list[Part]:
    """Divide the content into parts, and read their features.

    Args:
        extraction: reads the features.
        layers: of content and style.
        content: float32 (height, width, 3).
        masks: as `regions` returns.
        side: longest side of a part; 0 for a single one.
    """
    height, width = content.shape[:2]
    whole = padded(ops.convert_to_tensor(content))
    wide = [
        None if mask is None else padded(ops.convert_to_tensor(mask[..., None]))
        for mask in masks
    ]
    result = []
    for box in boxes(height, width, side or height + width):
        features = extraction(box.cut(whole))
        own = {n: ops.convert_to_numpy(box.crop(features[n])) for n in layers.content}
        maps = tuple(_maps(mask, box, features, layers.style) for mask in wide)
        shapes = {n: box.crop(features[n]).shape[:2] for n in layers.style}
        everywhere = {n: float(rows * columns) for n, (rows, columns) in shapes.items()}
        places = tuple(
            everywhere if m is None else {n: float(v.sum()) for n, v in m.items()}
            for m in maps
        )
        result.append(Part(box, own, maps, places))
    return result


def grams(
    extraction: Extraction, layers: Layers, picture: np.ndarray, side: int
) -> dict[str, np.ndarray]:
    """Return the Gram matrix of a style at every style layer.

    Args:
        extraction: reads the features.
        layers: of content and style.
        picture: float32 (height, width, 3).
        side: longest side of a part; 0 for a single one.
    """
    height, width = picture.shape[:2]
    whole = padded(ops.convert_to_tensor(picture))
    sums: dict[str, np.ndarray] = {}
    places = dict.fromkeys(layers.style, 0)
    for box in boxes(height, width, side or height + width):
        features = extraction(box.cut(whole))
        for name in layers.style:
            own = box.crop(features[name])
            sums[name] = sums.get(name, 0.0) + ops.convert_to_numpy(gram_sum(own))
            places[name] += own.shape[0] * own.shape[1]
    return {name: total / places[name] for name, total in sums.items()}


def _maps(
    mask: Any, box: Box, features: Mapping[str, Any], names: Sequence[str]
) -> dict[str, np.ndarray] | None:
    """Return a mask in the size of every style layer, None for None."""
    if mask is None:
        return None
    part = box.cut(mask)[None]
    maps = {}
    for name in names:
        size = tuple(features[name].shape[:2])
        small = ops.image.resize(part, size, antialias=True)[0]
        maps[name] = ops.convert_to_numpy(box.crop(small))
    return maps
