"""Encoded recordings to samples, in TensorFlow operations."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import tensorflow as tf

from tfapp.domains.audio.resampling import resampled
from tfapp.domains.audio.wav import decode_wav

RAW = "audio_bytes"
"""Name of an encoded recording in a request."""
WAVEFORM, SAMPLES = "waveform", "samples"
"""Inputs of a network: samples, and how many of them are those of the recording."""
MOST_SECONDS = 600
"""Of one recording; a longer one is cut into parts by its owner."""


@dataclass(frozen=True)
class AudioPreprocessor:
    """Content of a WAV file to samples at one rate.

    Channels are mixed, other rates changed, and nothing is made louder or softer.

    Args:
        rate: samples per second.
        samples: of every recording: shorter ones are filled up with zeros, of longer
            ones the beginning counts. 0 for as many as the longest of a batch has.
    """

    rate: int
    samples: int = 0
    media_type: ClassVar[str] = "audio/*"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends."""
        return {RAW: tf.TensorSpec((None,), tf.string)}

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Turn files into samples.

        Args:
            raw: "audio_bytes", string tensor (batch,).

        Returns:
            float32 tensor (batch, samples); of recordings that differ in length a dict
            with "waveform", float32 (batch, longest), and "samples", int32 (batch,),
            the length of each.

        Raises:
            tf.errors.InvalidArgumentError: if a file cannot be read.
        """
        contents = tf.convert_to_tensor(raw[RAW])
        if self.samples:
            return tf.map_fn(
                self._fitted,
                contents,
                fn_output_signature=tf.TensorSpec((self.samples,), tf.float32),
            )
        ragged = tf.map_fn(
            self.waveform,
            contents,
            fn_output_signature=tf.RaggedTensorSpec((None,), tf.float32, 0, tf.int64),
        )
        lengths = tf.cast(ragged.row_lengths(), tf.int32)
        return {WAVEFORM: ragged.to_tensor(), SAMPLES: lengths}

    def waveform(self, content: Any) -> Any:
        """Return the samples of one file, float32 tensor (length,).

        Args:
            content: scalar string tensor.
        """
        wave = decode_wav(content)
        length = tf.shape(wave.samples, tf.int64)[0]
        most = MOST_SECONDS * wave.rate
        sentence = tf.strings.format(
            "the recording is {} s long: expected at most {} s; `tfapp transcribe` "
            "reads speech of any length",
            (length // wave.rate, MOST_SECONDS),
        )
        with tf.control_dependencies([tf.debugging.Assert(length <= most, [sentence])]):
            samples = tf.reduce_mean(wave.samples[:most], axis=1)
        return resampled(samples, wave.rate, self.rate)

    def _fitted(self, content: Any) -> Any:
        """Return the samples of one file, float32 tensor (samples,)."""
        return fit_length(self.waveform(content), self.samples)

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return asdict(self)


def fit_length(waveform: Any, samples: int) -> Any:
    """Return a float32 tensor (length,) with zeros behind it or cut, (samples,)."""
    missing = tf.maximum(samples - tf.size(waveform), 0)
    fitted = tf.pad(waveform[:samples], [[0, missing]])
    return tf.ensure_shape(fitted, (samples,))


def read_preprocessor(description: Mapping[str, Any]) -> AudioPreprocessor:
    """Return the preprocessor that `describe` described."""
    return AudioPreprocessor(**description)
