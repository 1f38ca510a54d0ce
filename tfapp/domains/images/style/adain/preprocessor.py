"""What a client sends: a picture, a style, and how much of the style is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfapp.domains.images.preprocessor import RAW_IMAGE, ImagePreprocessor
from tfapp.domains.images.shapes import INPUT
from tfapp.domains.images.style.names import STYLE

RAW_STYLE = "style_bytes"
ALPHA = "alpha"


@dataclass(frozen=True)
class PairPreprocessor(ImagePreprocessor):
    """Two encoded pictures to pixels of one size; alpha passes them by."""

    @property
    def raw(self) -> Mapping[str, Any]:
        """Encoded pictures and styles, string (batch,); alpha, float32 (batch,)."""
        return {
            **super().raw,
            RAW_STYLE: tf.TensorSpec((None,), tf.string),
            ALPHA: tf.TensorSpec((None,), tf.float32),
        }

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Turn pictures and styles into the inputs of the network.

        Returns:
            {"image", "style"}: float32 (batch, height, width, 3), in [0, 255].
        """
        fitted = super().__call__
        styles = {RAW_IMAGE: raw[RAW_STYLE]}
        return {INPUT: fitted(raw), STYLE: fitted(styles)}
