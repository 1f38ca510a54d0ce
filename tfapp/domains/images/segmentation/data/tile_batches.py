"""Images and masks to batches of tiles: order, read, cut, change, batch, prefetch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.spec import Example
from tfapp.data.streams import epoch_order, epoch_seed, fold
from tfapp.domains.images.augmentation.changes import make_augment
from tfapp.domains.images.augmentation.config import ImageAugmentation, MaskAugmentation
from tfapp.domains.images.batching import pipeline_options
from tfapp.domains.images.segmentation.data.tile_loading import (
    KINDS,
    TileLoader,
    TileOptions,
)
from tfapp.domains.images.segmentation.data.tiles import TilePreprocess
from tfapp.domains.images.segmentation.data.warping import draw_tile


@dataclass(frozen=True, eq=False)
class TileBatches:
    """Builds the tf.data pipeline of images with masks; see `Dataset.batches`.

    Augmented passes draw `crops` tiles of each image, at random places, changed at
    random, as functions of seed, pass and place in the pass. Other passes cut every
    image into all of its tiles, in order.

    Args:
        preprocess: sizes of tiles and answers.
        loader: gives decoded images and masks.
        sizes: height and width of each image in pixels, by its path.
        num_classes: of the masks.
        batch_size: tiles in a batch; the last one may be smaller.
        augmentation: of training tiles.
        options: how training tiles are drawn.
    """

    preprocess: TilePreprocess
    loader: TileLoader
    sizes: Mapping[str, tuple[int, int]]
    num_classes: int
    batch_size: int
    augmentation: MaskAugmentation
    options: TileOptions

    def __call__(
        self,
        examples: tuple[Example, ...],
        *,
        shuffle: bool,
        augment: bool,
        seed: int,
        epoch: int = 0,
        skip: int = 0,
    ) -> Any:
        """Return a tf.data.Dataset of known length; see `Dataset.batches`.

        Returns:
            (tiles, one-hot answers), and of augmented passes whose pixels are
            weighed the weights: float32 (batch, *tile_size, channels) in [0, 255],
            (batch, *answer_size, num_classes), (batch, *answer_size).
        """
        if augment:
            count = len(examples) * self.options.crops
            order = epoch_order(count, shuffle=shuffle, seed=seed, epoch=epoch)
            batches = self._drawn(examples, order, epoch_seed(seed, epoch), skip)
        else:
            order = epoch_order(len(examples), shuffle=shuffle, seed=seed, epoch=epoch)
            batches = self._cut([examples[i] for i in order], skip)
        length = -(-self.num_inputs(examples, augment) // self.batch_size) - skip
        batches = batches.apply(tf.data.experimental.assert_cardinality(length))
        return batches.prefetch(tf.data.AUTOTUNE).with_options(pipeline_options())

    def num_inputs(self, examples: Sequence[Example], augment: bool) -> int:
        """Return the number of tiles in a pass."""
        if augment:
            return len(examples) * self.options.crops
        return sum(self.preprocess.count(self.sizes[e.path]) for e in examples)

    def truth(self, example: Example) -> np.ndarray:
        """Return the class index of every pixel, uint8 (height, width).

        Raises:
            DataError: if the mask can no longer be read.
        """
        return self.loader.load(example).classes

    def join(
        self, examples: Sequence[Example], outputs: Iterator[np.ndarray]
    ) -> Iterator[np.ndarray]:
        """Yield the answers to each image, put together from those to its tiles.

        Args:
            examples: of a pass that is not augmented, in its order.
            outputs: float arrays (some tiles, *answer_size, classes) of that pass.

        Yields:
            Float arrays (height, width, classes).
        """
        tiles = (tile for batch in outputs for tile in batch)
        for example in examples:
            size = self.sizes[example.path]
            own = list(islice(tiles, self.preprocess.count(size)))
            with tf.device("CPU"):
                whole = self.preprocess.put_together(tf.stack(own), tf.constant(size))
            yield whole.numpy()

    def _drawn(
        self,
        examples: Sequence[Example],
        order: np.ndarray,
        seed: np.ndarray,
        skip: int,
    ) -> Any:
        """Return batches of random tiles; examples come round `crops` times."""
        load = self.loader.in_graph(examples)
        with tf.device("CPU"):
            pass_seed = tf.constant(seed)
            indices = tf.data.Dataset.from_tensor_slices(order % max(len(examples), 1))
        numbered = indices.enumerate().skip(skip * self.batch_size)

        @tf.autograph.experimental.do_not_convert
        def draw(place: Any, index: Any) -> Any:
            return self._draw(*load(index), fold(pass_seed, place))

        tiles = numbered.map(draw, num_parallel_calls=tf.data.AUTOTUNE)
        batches = tiles.batch(self.batch_size).enumerate(skip)
        change = self._change_colours

        @tf.autograph.experimental.do_not_convert
        def finish(number: Any, batch: tuple[Any, ...]) -> tuple[Any, ...]:
            images, classes, *weights = batch
            answers = tf.one_hot(classes, self.num_classes, dtype=tf.float32)
            if change is not None:
                # Of negative numbers, so that no tile has the seed of its batch.
                images, answers = change(images, answers, fold(pass_seed, ~number))
            return images, answers, *weights

        return batches.map(finish, num_parallel_calls=tf.data.AUTOTUNE)

    def _cut(self, examples: Sequence[Example], skip: int) -> Any:
        """Return batches of all tiles of the examples, in order."""
        load, preprocess = self.loader.in_graph(examples), self.preprocess

        @tf.autograph.experimental.do_not_convert
        def cut(index: Any) -> tuple[Any, Any]:
            image, classes, _ = load(index)
            return preprocess.tiles(image), preprocess.answers(classes)

        @tf.autograph.experimental.do_not_convert
        def finish(tiles: Any, classes: Any) -> tuple[Any, Any]:
            answers = tf.one_hot(classes, self.num_classes, dtype=tf.float32)
            return tf.cast(tiles, tf.float32), answers

        indices = tf.data.Dataset.range(len(examples))
        tiles = indices.map(cut, num_parallel_calls=2).unbatch()
        batches = tiles.batch(self.batch_size).skip(skip)
        return batches.map(finish, num_parallel_calls=tf.data.AUTOTUNE)

    @cached_property
    def _draw(self) -> Any:
        """`draw_tile`, compiled once for all passes."""

        def draw(image: Any, classes: Any, weights: Any, seed: Any) -> Any:
            options = self.options
            moved = draw_tile(
                self.preprocess,
                self.augmentation,
                options.elastic,
                image,
                classes,
                weights,
                seed,
            )
            return tuple(moved) if options.weighted else (moved.tile, moved.classes)

        shapes = ((None, None, self.preprocess.channels), (None, None), (None, None))
        specs = [tf.TensorSpec(s, kind) for s, kind in zip(shapes, KINDS, strict=True)]
        signature = [*specs, tf.TensorSpec((2,), tf.int64)]
        return tf.function(draw, input_signature=signature, autograph=False)

    @cached_property
    def _change_colours(self) -> Any:
        """The augmentation of contrast and brightness; None if both are off."""
        config = self.augmentation
        return make_augment(
            ImageAugmentation(contrast=config.contrast, brightness=config.brightness)
        )
