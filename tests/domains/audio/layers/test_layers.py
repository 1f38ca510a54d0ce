"""Spectra, their slopes and masks, against independent numbers."""

import numpy as np
import pytest

from tfapp.domains.audio.layers.blanks import BlankBehindEnd
from tfapp.domains.audio.layers.deltas import Deltas
from tfapp.domains.audio.layers.frames import (
    ClipNormalization,
    FrameCount,
    TimeNormalization,
)
from tfapp.domains.audio.layers.log_mel import LogMel
from tfapp.domains.audio.layers.masking import SpectrumMasking
from tfapp.domains.audio.layers.maxout import Maxout
from tfapp.domains.audio.layers.mel import mel_filters
from tfapp.domains.audio.layers.warping import SpectrumWarping

LIBROSA = np.array(
    [
        [-3.0139277, -1.1265901, -2.8633046, -6.5979071, -5.7911878, -5.5251861],
        [-3.930346, -0.254143, -2.4110527, -13.6911812, -4.9882164, -4.9333506],
        [-3.930346, -0.254143, -2.4110527, -13.6911812, -4.9882164, -4.9333506],
        [-3.930346, -0.254143, -2.4110527, -13.6911812, -4.9882164, -4.9333506],
        [-3.930346, -0.254143, -2.4110527, -13.6911812, -4.9882164, -4.9333506],
        [-3.0139277, -1.1265901, -2.8633046, -6.5979071, -5.7911878, -5.5251861],
    ]
)
"""Logarithm of librosa 0.11's melspectrogram(y, sr=8000, n_fft=128, win_length=100,
hop_length=80, n_mels=6) of the tones below."""


def tones():
    """Return two tones, 50 ms at 8 kHz."""
    times = np.arange(400) / 8000
    low = 0.5 * np.sin(2 * np.pi * 700 * times)
    return (low + 0.1 * np.sin(2 * np.pi * 2500 * times)).astype(np.float32)


def test_log_mel_is_that_of_librosa():
    """The layer gives librosa's numbers, and the power of each frame behind them."""
    layer = LogMel(8000, 6, 100, 80, 128, energy=True)
    spectra = np.asarray(layer(tones()[None]))
    assert spectra.shape == layer.compute_output_shape((1, 400)) == (1, 6, 7)
    np.testing.assert_allclose(spectra[0, :, :6], LIBROSA, atol=1e-4)
    windowed = tones()[80:180] * np.hanning(101)[:100]  # the frame around sample 130
    frame = LogMel(8000, 6, 100, 130, 128, energy=True)(tones()[None])[0, 1, 6]
    power = np.square(np.abs(np.fft.rfft(windowed, 128))).sum()
    np.testing.assert_allclose(frame, np.log(power), atol=1e-4)


def test_frames_of_a_recording():
    """Zeros behind the end are not counted, and lengths are taken as they are."""
    waveform = np.zeros((2, 50), np.float32)
    waveform[0, :25], waveform[1, 3] = 1.0, 1.0
    np.testing.assert_array_equal(FrameCount(10)(waveform), [3, 1])
    np.testing.assert_array_equal(FrameCount(10)(np.array([25, 4])), [3, 1])


@pytest.mark.parametrize("steps", [1, 3, 5, 8])
def test_stretches_of_time(steps):
    """Frames repeated as often as there are stretches, and averaged in equal groups."""
    generator = np.random.default_rng(0)
    spectra = generator.normal(size=(2, 7, 4)).astype(np.float32)
    frames = np.array([5, 7])
    layer = TimeNormalization(steps)
    found = np.asarray(layer([spectra, frames]))
    assert found.shape == layer.compute_output_shape([(2, 7, 4), (2,)]) == (2, steps, 4)
    for row, own, count in zip(found, spectra, frames, strict=True):
        repeated = np.repeat(own[:count], steps, axis=0).reshape(steps, count, 4)
        np.testing.assert_allclose(row, repeated.mean(axis=1), atol=1e-6)


def test_normalization_leaves_loudness_and_padding_out():
    """Bands have mean 0, all together deviation 1, and padding changes nothing."""
    generator = np.random.default_rng(0)
    spectra = generator.normal(3, 2, (1, 7, 4)).astype(np.float32)
    layer = ClipNormalization()
    short = np.asarray(layer([spectra, np.array([7])]))
    np.testing.assert_allclose(short.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(np.square(short).mean(), 1, atol=1e-5)
    padded = np.pad(spectra, [[0, 0], [0, 5], [0, 0]])
    longer = np.asarray(layer([padded, np.array([7])]))
    np.testing.assert_allclose(longer[:, :7], short, atol=1e-6)
    assert not longer[:, 7:].any()
    louder = np.asarray(layer([spectra + 5, np.array([7])]))
    np.testing.assert_allclose(louder, short, atol=1e-5)
    whole = ClipNormalization(per_band=False)
    own = np.asarray(whole([padded, np.array([7])]))[:, :7]
    np.testing.assert_allclose(own.mean(), 0, atol=1e-5)
    centred = spectra - spectra.mean()
    wanted = centred / np.sqrt(np.square(centred).mean())
    np.testing.assert_allclose(own, wanted, atol=1e-5)


def test_masks_are_of_training_alone():
    """Masks are stretches of bands and frames, no longer than allowed."""
    layer = SpectrumMasking(bands=3, frames=4)
    ones = np.ones((40, 12, 9), np.float32)
    np.testing.assert_array_equal(layer(ones), ones)
    masked = np.asarray(layer(ones, training=True))
    bands, frames = ~masked.any(axis=1), ~masked.any(axis=2)
    for rows, most in ((bands, 3), (frames, 4)):
        sizes = rows.sum(axis=1)
        assert sizes.max() == most
        assert sizes.min() == 0
        changes = np.abs(np.diff(rows.astype(int), axis=1)).sum(axis=1)
        assert changes.max() <= 2


def test_slopes():
    """Slopes are those of the line through five frames."""
    spectra = np.arange(9.0)[None, :, None] * [[1.0, -2.0]]
    slopes = np.asarray(Deltas()([spectra.astype(np.float32), np.array([9])]))
    assert slopes.shape == (1, 9, 2, 3)
    fit = np.polyfit(np.arange(-2, 3), spectra[0, 1:6], 1)[0]
    np.testing.assert_allclose(slopes[0, 3, :, 1], fit, atol=1e-5)
    np.testing.assert_allclose(slopes[0, 4, :, 2], 0, atol=1e-5)


def test_maxout():
    """The larger one of neighbours is left."""
    values = np.array([[1.0, 5.0, 3.0, -2.0]], np.float32)
    np.testing.assert_array_equal(Maxout(2)(values), [[5, 3]])


def test_frames_behind_the_end_are_blanks():
    """Logits of frames that belong to a recording stay."""
    logits = np.random.default_rng(0).normal(0, 1, (2, 4, 3)).astype(np.float32)
    changed = np.asarray(BlankBehindEnd()([logits, np.array([4, 2])]))
    np.testing.assert_array_equal(changed[0], logits[0])
    np.testing.assert_array_equal(changed[1, :2], logits[1, :2])
    assert (changed[1, 2:].argmax(axis=1) == 0).all()
    assert changed[1, 2:, 1:].max() == pytest.approx(-1e4)


def test_frequencies_are_stretched_on_the_mel_scale():
    """A band moves to where its frequency, times the factor, lies; the rest stays."""
    layer = SpectrumWarping(8000, 40, frequency=0.2)
    bins = np.linspace(0, 4000, 2049)
    filters = mel_filters(8000, 4096, 40)
    centres = bins[filters.argmax(axis=0)]
    for factor in (0.85, 1.0, 1.2):
        places = np.asarray(layer._bands_at(np.array([[factor]], np.float32)))[0]
        wanted = np.interp(
            np.minimum(factor * centres, centres[-1]), centres, range(40)
        )
        np.testing.assert_allclose(places[1:], wanted[1:], atol=0.06)


def test_warping_is_of_training_alone():
    """Tempo and frequencies change in training, differently for each recording."""
    ramp = np.arange(1.0, 31.0, dtype=np.float32)
    spectra = np.tile(ramp[None, :, None], (50, 1, 5))
    layer = SpectrumWarping(8000, 4, frequency=0.1, tempo=0.25)
    np.testing.assert_array_equal(layer(spectra), spectra)
    warped = np.asarray(layer(spectra, training=True))
    tempos = warped[:, 10, 0] - warped[:, 9, 0]
    assert 0.74 < tempos.min() < 0.85
    assert 1.15 < tempos.max() < 1.26
    wanted = np.repeat(1 + 10 * tempos[:, None], 4, axis=1)
    np.testing.assert_allclose(warped[:, 10, :4], wanted, rtol=1e-2)
    np.testing.assert_allclose(warped[..., 4], warped[..., 0], rtol=1e-4)
