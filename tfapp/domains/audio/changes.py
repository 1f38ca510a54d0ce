"""Random changes of recordings."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfapp.data.streams import fold, uniform
from tfapp.domains.audio.augmentation import AudioAugmentation
from tfapp.domains.audio.preprocessor import SAMPLES, WAVEFORM


def audio_change(changes: AudioAugmentation) -> Callable[..., Any] | None:
    """Return what changes a batch, None if everything is off.

    It takes waveforms, float32 (batch, samples), or a dict with their lengths, as
    `AudioPreprocessor` returns them, then targets and a seed.
    """
    if changes == AudioAugmentation():
        return None

    def change(inputs: Any, targets: Any, seed: Any) -> tuple[Any, Any]:
        if not isinstance(inputs, dict):
            numbers = tf.range(1, tf.shape(inputs)[1] + 1)
            lengths = tf.reduce_max(tf.where(inputs != 0, numbers, 0), axis=1)
            return _changed(inputs, lengths, changes, seed)[0], targets
        waveform = inputs[WAVEFORM]  # whose slowest voice has to fit
        width = tf.cast(tf.shape(waveform)[1], tf.float32)
        room = tf.math.ceil(width * changes.speed / (1 - changes.speed))
        waveform = tf.pad(waveform, [[0, 0], [0, tf.cast(room, tf.int32)]])
        waveform, lengths = _changed(waveform, inputs[SAMPLES], changes, seed)
        return {WAVEFORM: waveform, SAMPLES: lengths}, targets

    return change


def _changed(
    waveform: Any, lengths: Any, changes: AudioAugmentation, seed: Any
) -> tuple[Any, Any]:
    """Return waveforms at other speeds, of another sound, with noise; and lengths."""
    count, width = tf.unstack(tf.shape(waveform))

    def drawn(number: int, low: float, high: float) -> Any:
        return uniform(fold(seed, number), [count, 1], low, high)

    if changes.speed:
        speed = drawn(0, 1 - changes.speed, 1 + changes.speed)
        # A faster voice ends earlier; of a slower one, what is too long is cut off.
        waveform = _at_speed(waveform, speed)
        ends = tf.math.floordiv(tf.cast(lengths, tf.float32), speed[:, 0])
        lengths = tf.clip_by_value(tf.cast(ends, tf.int32), 1, width)
    if changes.tilt:
        weight = drawn(1, -changes.tilt, changes.tilt)
        waveform = waveform - weight * tf.pad(waveform[:, :-1], [[0, 0], [1, 0]])
    present = tf.sequence_mask(lengths, width, tf.float32)
    if changes.noise:
        power = tf.reduce_sum(tf.square(waveform), axis=1, keepdims=True)
        level = tf.sqrt(power / tf.cast(tf.maximum(lengths, 1), tf.float32)[:, None])
        noise = tf.random.stateless_normal([count, width], fold(seed, 2), alg="philox")
        waveform = waveform + noise * level * drawn(3, 0.0, changes.noise)
    return waveform * present, lengths


def _at_speed(waveform: Any, speed: Any) -> Any:
    """Return waveforms played at a speed each, (batch, 1), of the same width."""
    width = tf.shape(waveform)[1]
    places = tf.range(tf.cast(width, tf.float32))[None] * speed
    before = tf.cast(places, tf.int32)
    share = places - tf.cast(before, tf.float32)
    padded = tf.pad(waveform, [[0, 0], [0, 2]])
    before = tf.minimum(before, width)
    left = tf.gather(padded, before, axis=1, batch_dims=1)
    right = tf.gather(padded, before + 1, axis=1, batch_dims=1)
    return left + share * (right - left)
