"""Images with masks in batches of tiles: order, read, cut, change, batch, prefetch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.spec import DataInfo, Example, Pass
from tfapp.data.streams import (
    epoch_order,
    epoch_seed,
    fold,
    joined_batches,
    numbered,
    pass_seed,
    pipeline_options,
    refuse_remote,
)
from tfapp.domains.images.augmentation.changes import (
    describe_augmentation,
    make_augment,
)
from tfapp.domains.images.augmentation.config import ImageAugmentation, MaskAugmentation
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.segmentation.data.tile_loading import (
    KINDS,
    TileLoader,
    TileOptions,
)
from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor
from tfapp.domains.images.segmentation.data.warping import draw_tile


@dataclass(frozen=True, eq=False)
class MaskDataset:
    """Images of any size with a class for every pixel, in tiles.

    It implements `tfapp.data.spec.Dataset`.

    Augmented passes draw `crops` tiles of each image, at random places, changed at
    random, as functions of seed, pass and place in the pass. Other passes cut every
    image into all of its tiles, in order.

    Args:
        info: shape of a tile, of the part that gets answers, and the classes.
        examples: of each split; their target is the hash of the mask.
        preprocessor: sizes of tiles and answers.
        loader: gives decoded images and masks.
        sizes: height and width of each image in pixels, by its name.
        batch_size: tiles in a batch; the last one may be smaller.
        changes: random changes of training tiles.
        options: how training tiles are drawn.
        notes: lines to show the user.
    """

    info: DataInfo
    examples: Mapping[str, tuple[Example, ...]]
    preprocessor: TilePreprocessor
    loader: TileLoader
    sizes: Mapping[str, tuple[int, int]]
    batch_size: int
    changes: MaskAugmentation
    options: TileOptions
    notes: tuple[str, ...] = ()

    @property
    def augmentation(self) -> Mapping[str, Any]:
        """JSON-ready description of how training tiles are drawn and changed."""
        drawn = {"crops": self.options.crops, "elastic": self.options.elastic}
        return drawn | describe_augmentation(self.changes)

    def batches(self, examples: Sequence[Example], which: Pass) -> Any:
        """Return one pass over some images, a tf.data.Dataset of known length.

        Returns:
            (tiles, one-hot answers, zeros for ignored pixels), and of augmented passes
            whose pixels are weighed the weights: float32 (batch, *tile_size, channels)
            in [0, 255], (batch, *answer_size, num_classes), (batch, *answer_size).
        """
        draws = self.options.crops if which.augment else 1
        order = epoch_order(
            len(examples) * draws,
            shuffle=which.shuffle,
            seed=which.seed,
            epoch=which.epoch,
        )
        if which.augment:
            batches = self._drawn(examples, order, which)
        else:
            batches = self._cut([examples[i] for i in order], which.skip)
        length = -(-self.count(examples, which.augment) // self.batch_size)
        cardinality = tf.data.experimental.assert_cardinality(length - which.skip)
        batches = batches.apply(cardinality).prefetch(tf.data.AUTOTUNE)
        return batches.with_options(pipeline_options())

    def count(self, examples: Sequence[Example], augment: bool) -> int:
        """Return the number of tiles in a pass."""
        if augment:
            return len(examples) * self.options.crops
        return sum(self.preprocessor.count(self.sizes[e.name]) for e in examples)

    def raw(self, example: Example) -> Mapping[str, bytes]:
        """Return the encoded image of an example, by the name that a client uses.

        Raises:
            DataError: if its file is gone or cannot be read.
        """
        content = self.loader.images.read(example)
        return {RAW_IMAGE: decodable(content, self.preprocessor.max_pixels)}

    def targets(self, examples: Sequence[Example]) -> Iterator[np.ndarray]:
        """Yield the class index of every pixel of each image; see `truth`."""
        return map(self.truth, examples)

    def truth(self, example: Example) -> np.ndarray:
        """Return the class index of every pixel, or `IGNORED`, uint8 (height, width).

        Raises:
            DataError: if the mask can no longer be read.
        """
        return self.loader.load(example).classes

    def joined(
        self, examples: Sequence[Example], pieces: Iterator[np.ndarray]
    ) -> Iterator[np.ndarray]:
        """Yield the answers to each image, put together from those to its tiles.

        Args:
            examples: of a pass that is not augmented, in its order.
            pieces: float arrays (some tiles, *answer_size, classes) of that pass.

        Yields:
            Float arrays (height, width, classes).
        """
        tiles = (tile for batch in pieces for tile in batch)
        for example in examples:
            size = self.sizes[example.name]
            own = list(islice(tiles, self.preprocessor.count(size)))
            with tf.device("CPU"):
                whole = self.preprocessor.put_together(tf.stack(own), tf.constant(size))
            yield whole.numpy()

    def _drawn(
        self,
        examples: Sequence[Example],
        order: np.ndarray,
        which: Pass,
    ) -> Any:
        """Return batches of random tiles; examples come round `crops` times."""
        load = self.loader.in_graph(examples)
        indices, seed = order % max(len(examples), 1), pass_seed(which)
        with tf.device("CPU"):
            tile_seed = tf.constant(epoch_seed(which.seed, which.epoch))

        @tf.autograph.experimental.do_not_convert
        def draw(place: Any, index: Any) -> Any:
            return self._draw(*load(index), fold(tile_seed, place))

        def tiles(places: np.ndarray, size: int) -> Any:
            with tf.device("CPU"):
                numbered = tf.data.Dataset.from_tensor_slices((places, indices[places]))
            return numbered.map(draw, num_parallel_calls=tf.data.AUTOTUNE).batch(size)

        refuse_remote(which)
        batches = joined_batches(tiles, len(order), which, self.batch_size)
        change = self._change_colours

        @tf.autograph.experimental.do_not_convert
        def finish(number: Any, batch: tuple[Any, ...]) -> tuple[Any, ...]:
            images, classes, *weights = batch
            answers = tf.one_hot(classes, self.info.num_outputs, dtype=tf.float32)
            if change is not None:
                # Of negative numbers, so that no tile has the seed of its batch.
                images, answers = change(images, answers, fold(seed, ~number))
            return images, answers, *weights

        return numbered(batches, which).map(finish, num_parallel_calls=tf.data.AUTOTUNE)

    def _cut(self, examples: Sequence[Example], skip: int) -> Any:
        """Return batches of all tiles of the examples, in order."""
        load, preprocessor = self.loader.in_graph(examples), self.preprocessor

        @tf.autograph.experimental.do_not_convert
        def cut(index: Any) -> tuple[Any, Any]:
            image, classes, _ = load(index)
            return preprocessor.tiles(image), preprocessor.answers(classes)

        @tf.autograph.experimental.do_not_convert
        def finish(tiles: Any, classes: Any) -> tuple[Any, Any]:
            answers = tf.one_hot(classes, self.info.num_outputs, dtype=tf.float32)
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
                self.preprocessor,
                self.changes,
                options.elastic,
                image,
                classes,
                weights,
                seed,
            )
            return tuple(moved) if options.weighted else (moved.tile, moved.classes)

        shapes = ((None, None, self.preprocessor.channels), (None, None), (None, None))
        specs = [tf.TensorSpec(s, kind) for s, kind in zip(shapes, KINDS, strict=True)]
        signature = [*specs, tf.TensorSpec((2,), tf.int64)]
        return tf.function(draw, input_signature=signature, autograph=False)

    @cached_property
    def _change_colours(self) -> Any:
        """The augmentation of contrast and brightness; None if both are off."""
        config = self.changes
        return make_augment(
            ImageAugmentation(contrast=config.contrast, brightness=config.brightness)
        )
