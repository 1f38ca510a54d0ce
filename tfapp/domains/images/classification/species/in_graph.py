"""The prior in TensorFlow operations, as the exported model computes it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.domains.images.classification.species.places import (
    DAY,
    INPUTS,
    LATITUDE,
    LIMITS,
    LONGITUDE,
)
from tfapp.domains.images.classification.species.prior import (
    EARTH_KM,
    ENOUGH,
    EVERYWHERE,
    WIDER_DAYS,
    WIDER_KM,
    YEAR,
    SightingsPrior,
    unit_vectors,
)

Combined = Callable[[Any, Mapping[str, Any]], Any]
"""Probabilities by the photo alone, float32 (batch, num_classes), and a place →
probabilities by both."""


def combined_in_graph(prior: SightingsPrior) -> Combined:
    """Return what combines the probabilities of photos with a prior.

    The place is a dict of float32 tensors (batch,) by the names of `INPUTS`, NaN where
    not known. It does what `SightingsPrior.combined` does.
    """
    seen = prior.sightings
    vectors = unit_vectors(seen.places).astype(np.float32)
    days, weights = (x.astype(np.float32) for x in (seen.places[:, 2], seen.weights))
    species, num_classes = seen.species.astype(np.int32), len(prior.class_shares)
    base = prior.base.astype(np.float32)
    offset = np.log(prior.class_shares).astype(np.float32)

    def counted(kernel: Any) -> Any:
        rows = tf.transpose(kernel * weights)
        return tf.transpose(tf.math.unsorted_segment_sum(rows, species, num_classes))

    def shares(place: Mapping[str, Any]) -> Any:
        far = _kilometres(place, vectors) / prior.kilometres
        late = _days_apart(place[DAY], days) / prior.days
        result = tf.constant(base)[tf.newaxis]
        for wider, later in ((WIDER_KM, WIDER_DAYS), (1.0, 1.0)):
            kernel = tf.exp(-0.5 * ((far / wider) ** 2 + (late / later) ** 2))
            counts = counted(kernel)
            total = tf.reduce_sum(counts, axis=1, keepdims=True)
            result = (counts + ENOUGH * result) / (total + ENOUGH)
        return (1.0 - EVERYWHERE) * result + EVERYWHERE * base

    def combined(chances: Any, place: Mapping[str, Any]) -> Any:
        known = tf.reduce_any([tf.math.is_finite(place[n]) for n in INPUTS], axis=0)
        added = prior.strength * (tf.math.log(shares(place)) - offset)
        smallest = np.finfo(np.float32).tiny
        together = tf.nn.softmax(tf.math.log(tf.maximum(chances, smallest)) + added)
        return tf.where(known[:, tf.newaxis], together, chances)

    return combined


def checked(place: Mapping[str, Any]) -> dict[str, Any]:
    """Return a place whose values are in range or NaN.

    Any other value makes the call an invalid argument.
    """
    tensors = dict(place)
    for name in INPUTS:
        low, high = LIMITS[name]
        value = place[name]
        fits = tf.math.is_nan(value) | ((value >= low) & (value <= high))
        message = (
            f"{name} must be from {low:g} to {high:g}, or NaN where it is not known"
        )
        check = tf.debugging.Assert(tf.reduce_all(fits), [message])
        with tf.control_dependencies([check]):
            tensors[name] = tf.identity(value)
    return tensors


def _kilometres(place: Mapping[str, Any], vectors: np.ndarray) -> Any:
    """Return great-circle distances, float32 (batch, rows); 0 where unknown."""
    latitude, longitude = (place[n] * (np.pi / 180) for n in (LATITUDE, LONGITUDE))
    level = tf.cos(latitude)
    points = [level * tf.cos(longitude), level * tf.sin(longitude), tf.sin(latitude)]
    # By differences: a cosine near 1 would leave no digits of a short distance.
    apart = tf.stack(points, axis=1)[:, tf.newaxis] - vectors
    chords = tf.sqrt(tf.reduce_sum(apart**2, axis=2))
    distances = 2.0 * EARTH_KM * tf.asin(tf.minimum(chords / 2.0, 1.0))
    return tf.where(tf.math.is_nan(distances), 0.0, distances)


def _days_apart(day: Any, days: np.ndarray) -> Any:
    """Return days apart around the year, float32 (batch, rows); 0 where unknown."""
    apart = tf.math.floormod(tf.abs(day[:, tf.newaxis] - days), YEAR)
    shorter = tf.minimum(apart, YEAR - apart)
    return tf.where(tf.math.is_nan(shorter), 0.0, shorter)
