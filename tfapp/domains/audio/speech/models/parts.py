"""What all networks of speech share: their inputs, and the logits of every frame."""

from typing import Any

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.audio.layers.blanks import BlankBehindEnd
from tfapp.domains.audio.models.spectra import (
    Centering,
    masked,
    normalized_spectra,
    warped,
)

WAVEFORM, SAMPLES = "waveform", "samples"


def speech_inputs(info: DataInfo) -> dict[str, Any]:
    """Return a Keras input for each input of the data, by its name.

    Raises:
        ModelError: if the data holds no recordings of any length.
    """
    if set(info.inputs) != {WAVEFORM, SAMPLES}:
        raise ModelError(
            "this network takes recordings with what is said in them. Received data "
            f"with the inputs {sorted(info.inputs)}. Choose another model, or other "
            "data."
        )
    return {
        name: keras.Input(spec.shape, dtype=spec.dtype, name=name)
        for name, spec in info.inputs.items()
    }


def speech_spectra(
    inputs: dict[str, Any],
    info: DataInfo,
    bands: int,
    hop: float,
    masks: tuple[int, int],
    warp_frequency: float,
    centering: Centering,
    *,
    energy: bool = False,
) -> tuple[Any, Any]:
    """Return spectra (batch, frames, bands), and the frames of each (batch,).

    Args:
        inputs: as `speech_inputs` returns.
        info: of the data.
        bands: of the mel scale.
        hop: seconds from frame to frame.
        masks: most bands and most frames that a mask of training covers.
        warp_frequency: largest change of all frequencies by one factor in training.
        centering: what has mean 0 in each recording.
        energy: append the power of each frame.
    """
    spectra, frames = normalized_spectra(
        inputs[WAVEFORM],
        info,
        bands,
        hop,
        centering=centering,
        energy=energy,
        samples=inputs[SAMPLES],
    )
    spectra = warped(spectra, info, bands, warp_frequency)
    return masked(spectra, *masks), frames


def present(x: Any, mask: Any) -> Any:
    """Return values with zeros behind the end of each recording.

    Args:
        x: float (batch, frames, bands, channels).
        mask: bool (batch, frames).
    """
    return x * ops.cast(ops.expand_dims(ops.expand_dims(mask, 2), 3), x.dtype)


def finished(inputs: Any, x: Any, frames: Any, info: DataInfo, name: str) -> Any:
    """Return the model whose last hidden values, (batch, frames, units), are given."""
    logits = layers.Dense(info.num_outputs, dtype="float32", name="tokens")(x)
    logits = BlankBehindEnd(name="logits")([logits, frames])
    return keras.Model(inputs, logits, name=name)
