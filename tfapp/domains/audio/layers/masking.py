"""Bands and stretches of a spectrum that training does not see."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class SpectrumMasking(keras.layers.Layer):
    """Set random bands and random frames of normalised spectra to 0, in training.

    Args:
        bands: most neighbouring bands that one mask covers.
        frames: most neighbouring frames that one mask covers.
        masks: of each kind.

    Input shape:
        float (batch, frames, bands), mean 0.

    Reference:
        Park et al., SpecAugment: A Simple Data Augmentation Method for Automatic Speech
        Recognition, 2019, https://arxiv.org/abs/1904.08779.
    """

    def __init__(self, bands: int, frames: int, masks: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bands, self.frames, self.masks = bands, frames, masks
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, spectra: Any, training: bool = False) -> Any:
        """Return the spectra, with parts set to 0 if they are for training."""
        if not training:
            return spectra
        shape = ops.shape(spectra)
        for _ in range(self.masks):
            kept = ops.expand_dims(self._kept(shape[0], shape[1], self.frames), 2)
            kept = kept * ops.expand_dims(self._kept(shape[0], shape[2], self.bands), 1)
            spectra = spectra * ops.cast(kept, spectra.dtype)
        return spectra

    def _kept(self, batch: Any, size: Any, most: int) -> Any:
        """Return 0 where a random stretch of each example lies, 1 elsewhere."""
        drawn = keras.random.uniform((batch, 2), seed=self.seed_generator)
        width = ops.floor(drawn[:, :1] * (most + 1))
        start = ops.floor(drawn[:, 1:] * (ops.cast(size, "float32") - width + 1))
        places = ops.arange(size, dtype="float32")[None]
        return ops.cast((places < start) | (places >= start + width), "float32")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        names = ("bands", "frames", "masks")
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}
