"""The convolutional network over recordings."""

import keras
import numpy as np
import pytest

from tests.domains.audio.recordings import PITCHES, RATE
from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.audio.classification.models.audio_cnn import audio_cnn


def network(**options):
    """Return a tiny network for recordings of 0.8 s."""
    keras.utils.set_random_seed(0)
    inputs = {"waveform": InputSpec((RATE * 8 // 10,))}
    info = DataInfo(inputs, (), 3, start={"rate": RATE})
    return audio_cnn(info, bands=10, filters=(4, 6), units=8, **options)


def answer(model, labels, seconds):
    """Return the logits of a tone for each label, as long as that together."""
    count = round(seconds * RATE / len(labels))
    times = np.arange(count) / RATE
    tones = [0.5 * np.sin(2 * np.pi * PITCHES[label] * times) for label in labels]
    samples = np.concatenate(tones)
    padded = np.zeros(model.input_shape[1], np.float32)
    padded[: len(samples)] = samples
    return np.asarray(model(padded[None]))[0]


def test_steps_hold_the_whole_course():
    """Said twice as slowly it is nearly the same; backwards it is another word."""
    model = network(steps=8)
    said = answer(model, ["low", "high"], 0.3)
    slow = answer(model, ["low", "high"], 0.6)
    backwards = answer(model, ["high", "low"], 0.3)
    assert np.abs(slow - said).max() < np.abs(backwards - said).max() / 5
    shapes = [layer.output.shape for layer in model.layers if layer.name == "flatten"]
    assert shapes == [(None, 2 * 3 * 6)]  # steps and bands halved twice, six maps


@pytest.mark.parametrize("steps", [-1, 1001])
def test_steps_that_cannot_be(steps):
    """They are refused with what they may be."""
    with pytest.raises(ModelError, match="`steps` must be from 0 to 1000. Received"):
        network(steps=steps)
