"""What a client sends: a photo, and where and when it was taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfapp.domains.images.classification.species.places import INPUTS
from tfapp.domains.images.preprocessor import ImagePreprocessor


@dataclass(frozen=True)
class SpeciesPreprocessor(ImagePreprocessor):
    """Encoded photo to pixels; place and date pass it by, the network sees none."""

    @property
    def raw(self) -> Mapping[str, Any]:
        """Encoded photos, string (batch,), and float32 (batch,) numbers, NaN allowed.

        `latitude` and `longitude` are in degrees, `day_of_year` is 1 to 366.
        """
        numbers = {name: tf.TensorSpec((None,), tf.float32) for name in INPUTS}
        return {**super().raw, **numbers}
