"""Observations as games give them, to what a network takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfapp.domains.reinforcement.environments.spec import INPUT, Environment


@dataclass(frozen=True)
class ObservationPreprocessor:
    """Scales observations: bytes of pixels to shares, everything else unchanged.

    Args:
        shape: of an observation, without the batch.
        dtype: of a raw one: "uint8" or "float32".
        scale: that it is multiplied by.
    """

    shape: tuple[int, ...]
    dtype: str
    scale: float
    media_type: str = "application/json"

    @property
    def raw(self) -> dict[str, Any]:
        """What a client sends: `observations`, (batch, *shape)."""
        return {INPUT: tf.TensorSpec((None, *self.shape), self.dtype)}

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return float32 observations for the network, (batch, *shape)."""
        return self.scaled(raw[INPUT])

    def scaled(self, observations: Any) -> Any:
        """Return raw observations as float32, scaled."""
        return tf.cast(observations, tf.float32) * self.scale

    def describe(self) -> dict[str, Any]:
        """Return what `read_preprocessor` takes, JSON-ready."""
        return {"shape": list(self.shape), "dtype": self.dtype, "scale": self.scale}


def preprocessor_of(environment: Environment) -> ObservationPreprocessor:
    """Return the preprocessor of an environment's observations."""
    shape = environment.observation_shape
    return ObservationPreprocessor(shape, environment.dtype, environment.scale)


def read_preprocessor(description: Mapping[str, Any]) -> ObservationPreprocessor:
    """Return the preprocessor that `describe` described."""
    shape = tuple(description["shape"])
    return ObservationPreprocessor(shape, description["dtype"], description["scale"])
