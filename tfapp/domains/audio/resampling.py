"""Another sampling rate, by the Fourier transform."""

from typing import Any

import tensorflow as tf

SILENCE = 0.05
"""Seconds behind a recording: else its end would ring into its beginning."""


def resampled(samples: Any, rate: Any, target: int) -> Any:
    """Return a recording at another rate; what no rate can hold is left out.

    The spectrum is cut off at half of the lower rate, or filled up with zeros: exact
    for sounds below that.

    Args:
        samples: float32 tensor (length,).
        rate: int64 scalar, samples per second.
        target: samples per second of the result.

    Returns:
        float32 tensor (ceil(length * target / rate),).
    """
    return tf.cond(
        tf.equal(rate, target),
        lambda: samples,
        lambda: _by_spectrum(samples, rate, target),
    )


def _by_spectrum(samples: Any, rate: Any, target: int) -> Any:
    goal = tf.constant(target, tf.int64)
    divisor = _common_divisor(rate, goal)
    step, new_step = rate // divisor, goal // divisor
    length = tf.size(samples, out_type=tf.int64)
    silence = tf.cast(SILENCE * tf.cast(rate, tf.float32), tf.int64)
    # An even number of the shortest stretch that is whole at both rates.
    count = 2 * ((length + silence + 2 * step - 1) // (2 * step))
    old, new = count * step, count * new_step
    spectrum = tf.signal.rfft(samples, [tf.cast(old, tf.int32)])
    both = tf.minimum(old, new) // 2  # the bin of half the rate belongs to no side
    spectrum = tf.pad(spectrum[:both], [[0, new // 2 + 1 - both]])
    changed = tf.signal.irfft(spectrum, [tf.cast(new, tf.int32)])
    changed = changed[: (length * goal + rate - 1) // rate]
    return changed * tf.cast(new, tf.float32) / tf.cast(old, tf.float32)


def _common_divisor(one: Any, other: Any) -> Any:
    """Return the greatest common divisor of two int64 scalars (Euclid)."""
    (divisor, _) = tf.while_loop(
        lambda a, b: b > 0, lambda a, b: (b, a % b), (one, other)
    )
    return divisor
