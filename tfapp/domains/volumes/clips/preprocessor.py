"""Sampled frames, or animated GIFs, to what a network sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfapp.domains.volumes.clips.sampling import ClipLayout
from tfapp.domains.volumes.voxels.npy_graph import decode_one


@dataclass(frozen=True)
class ClipPreprocessor:
    """Read clips whose frames were sampled, and sample those of animated GIFs.

    Args:
        layout: of a clip; files are sampled by it before.
    """

    layout: ClipLayout

    media_type = "image/gif"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends.

        Contents of .npy files of sampled frames, uint8 `layout.shape`, or of animated
        GIFs of any size and length.
        """
        return {"clip": tf.TensorSpec((None,), tf.string)}

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return float32 (batch, frames, height, width, channels) in [0, 255]."""
        shape = self.layout.shape

        def one(content: Any) -> Any:
            start = tf.strings.substr(tf.strings.join([content, "      "]), 0, 3)
            return tf.cond(
                start == b"GIF",
                lambda: self._sample_gif(content),
                lambda: decode_one(content, shape),
            )

        contents = tf.convert_to_tensor(raw["clip"])
        spec = tf.TensorSpec(shape, tf.float32)
        return tf.map_fn(one, contents, fn_output_signature=spec)

    def _sample_gif(self, content: Any) -> Any:
        """Return evenly spread frames of a GIF, the middle of each, scaled.

        TensorFlow does not give the times of its frames: all count alike.
        """
        layout = self.layout
        frames = tf.image.decode_gif(content)
        count, height, width = tf.unstack(tf.cast(tf.shape(frames)[:3], tf.float32))
        middles = (tf.range(layout.frames, dtype=tf.float32) + 0.5) / layout.frames
        chosen = tf.gather(frames, tf.cast(middles * count, tf.int32))
        scale = tf.minimum(height / layout.height, width / layout.width)
        kept = [tf.cast(tf.round(scale * n), tf.int32) for n in layout.shape[1:3]]
        kept = [tf.maximum(1, side) for side in kept]
        top, left = (
            (tf.shape(chosen)[1 + i] - side) // 2 for i, side in enumerate(kept)
        )
        cut = chosen[:, top : top + kept[0], left : left + kept[1]]
        grey = cut if layout.channels == 3 else tf.image.rgb_to_grayscale(cut)
        size = layout.height, layout.width
        scaled = tf.image.resize(grey, size, antialias=True)
        return tf.ensure_shape(tf.round(scaled), layout.shape)

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return self.layout.describe()


def read_preprocessor(description: Mapping[str, Any]) -> ClipPreprocessor:
    """Return the preprocessor that `describe` described."""
    return ClipPreprocessor(ClipLayout(**description))
