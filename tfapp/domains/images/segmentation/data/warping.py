"""An image, its mask and its weights moved alike: flips, turns, elastic changes.

Where a pixel of the result comes from is computed once, by one matrix and a smooth
field of displacements, and the image is interpolated once. What lies beyond the image
is its mirror image.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from tfapp.data.streams import fold, uniform
from tfapp.domains.images.augmentation.config import MaskAugmentation
from tfapp.domains.images.augmentation.elastic import bicubic_matrix
from tfapp.domains.images.augmentation.geometry import angles, matrices
from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor, mirrored

CONTROL_POINTS = 3
"""A side: the displacements of a 3 x 3 grid decide those of all pixels."""


class Moved(NamedTuple):
    """A training example.

    Args:
        tile: float32 (*tile_size, channels), in [0, 255].
        classes: uint8 (*answer_size), class indices.
        weights: float32 (*answer_size).
    """

    tile: Any
    classes: Any
    weights: Any


def draw_tile(
    preprocess: TilePreprocessor,
    config: MaskAugmentation,
    elastic: float,
    image: Any,
    classes: Any,
    weights: Any,
    seed: Any,
) -> Moved:
    """Cut a tile out of an image at a random place, changed at random.

    The same seed gives the same tile to the bit. Where nothing but flips and quarter
    turns is switched on, pixels are as they were.

    Args:
        preprocess: sizes of the tile and of its answer.
        config: flip, rotate, quarter_turns, zoom, shear and shift of it count.
        elastic: standard deviation, in pixels, of the displacements of a 3 x 3 grid
            over the tile; 0 for none.
        image: uint8 tensor (height, width, channels).
        classes: uint8 tensor (height, width), class indices.
        weights: float32 tensor (height, width).
        seed: int64 tensor (2,).

    Reference:
        Ronneberger et al., U-Net, MICCAI 2015 (section 3.1): random displacements on
        a coarse 3 x 3 grid, Gaussian with 10 pixels standard deviation, bicubic.
    """
    size, margin = preprocess.tile_size, preprocess.margin
    grid = tf.meshgrid(*(tf.range(float(n)) for n in size), indexing="ij")
    places = tf.stack(grid)
    if elastic:
        places += displacements(size, elastic, fold(seed, 1))
    places = _through_matrix(config, size, places, fold(seed, 2))
    places += _origin(preprocess, tf.shape(image)[:2], fold(seed, 3))
    height, width = preprocess.answer_size
    inner = places[:, margin : margin + height, margin : margin + width]
    tile = interpolated(image, places)
    return Moved(tile, nearest(classes, inner), nearest(weights, inner))


def displacements(size: tuple[int, int], deviation: float, seed: Any) -> Any:
    """Return smooth random displacements, float32 (2, height, width), in pixels."""
    shape = [2, CONTROL_POINTS, CONTROL_POINTS]
    drawn = tf.random.stateless_normal(shape, seed, stddev=deviation, alg="philox")
    down, right = (tf.constant(bicubic_matrix(n, CONTROL_POINTS)) for n in size)
    return tf.einsum("hi,dij,wj->dhw", down, drawn, right)


def interpolated(image: Any, places: Any) -> Any:
    """Return an image's values at places between its pixels, bilinear.

    Args:
        image: tensor (height, width, channels) of any kind.
        places: float32 tensor (2, rows, columns): down and right, in pixels.

    Returns:
        float32 tensor (rows, columns, channels).
    """
    corner = tf.floor(places)
    share = (places - corner)[..., tf.newaxis]
    top, left = tf.unstack(tf.cast(corner, tf.int32))
    above = _blend(image, top, left, share[1])
    below = _blend(image, top + 1, left, share[1])
    return above + (below - above) * share[0]


def nearest(values: Any, places: Any) -> Any:
    """Return the values (height, width) of the pixels nearest to places, same kind."""
    down, right = tf.unstack(tf.cast(tf.round(places), tf.int32))
    return _at(values, down, right)


def _blend(image: Any, top: Any, left: Any, share: Any) -> Any:
    one = tf.cast(_at(image, top, left), tf.float32)
    other = tf.cast(_at(image, top, left + 1), tf.float32)
    return one + (other - one) * share


def _at(values: Any, down: Any, right: Any) -> Any:
    size = tf.shape(values)
    indices = tf.stack([mirrored(down, size[0]), mirrored(right, size[1])], axis=-1)
    return tf.gather_nd(values, indices)


def _through_matrix(
    config: MaskAugmentation, size: tuple[int, int], places: Any, seed: Any
) -> Any:
    """Flip, turn, zoom, shear and shift places (2, rows, columns) about the middle."""
    draws = uniform(seed, [6], 0.0, 1.0)
    spread = 2.0 * draws[2:] - 1.0
    sides = tf.constant(size, tf.float32)
    across = config.flip in ("horizontal", "both")
    down = config.flip in ("vertical", "both")
    signs = [_sign(draws[0]) if across else 1.0, _sign(draws[1]) if down else 1.0]
    slope = uniform(fold(seed, 0), [1], -config.shear, config.shear)
    rows = matrices(
        sides,
        signs=tf.stack(signs)[tf.newaxis],
        angle=angles(config, spread[:1], seed),
        zoom=1.0 + spread[1:2] * config.zoom,
        shear=slope,
        shift=(spread[2:] * config.shift * sides)[tf.newaxis],
    )
    xx, xy, x, yx, yy, y, *_ = tf.unstack(rows[0])
    return tf.stack(
        [
            yx * places[1] + yy * places[0] + y,
            xx * places[1] + xy * places[0] + x,
        ]
    )


def _sign(draw: Any) -> Any:
    return tf.where(draw < 0.5, -1.0, 1.0)


def _origin(preprocess: TilePreprocessor, size: Any, seed: Any) -> Any:
    """Return where the tile begins, so that its answer lies inside the image."""
    room = size - tf.constant(preprocess.answer_size)
    draws = uniform(seed, [2], 0.0, 1.0)
    inside = tf.floor(draws * tf.cast(tf.maximum(room, 0) + 1, tf.float32))
    start = tf.where(room >= 0, inside, tf.floor(tf.cast(room, tf.float32) / 2.0))
    return tf.reshape(start - float(preprocess.margin), [2, 1, 1])
