"""WAV files of every kind, and files that are none."""

import struct

import numpy as np
import pytest
import tensorflow as tf

from tests.domains.audio.recordings import float_wav, tone, write_wav
from tfapp.base.errors import DataError
from tfapp.domains.audio.conversion import as_wav, decodable
from tfapp.domains.audio.preprocessor import (
    RAW,
    SAMPLES,
    WAVEFORM,
    AudioPreprocessor,
    read_preprocessor,
)
from tfapp.domains.audio.resampling import resampled
from tfapp.domains.audio.wav import read_wav

VALUES = [-1.0, -0.5, 0.0, 0.25, 0.5, 0.75]


def wav(code, bits, body, channels=1, rate=8000, junk=b""):
    """Return a WAV file written byte by byte."""
    frame = channels * bits // 8
    head = struct.pack("<HHIIHH", code, channels, rate, rate * frame, frame, bits)
    if code == 0xFFFE:
        head += struct.pack("<HHIH14s", 22, bits, 0, 1, bytes(14))
    chunks = junk + b"fmt " + struct.pack("<I", len(head)) + head
    chunks += b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def integers(size):
    """Return the values as little-endian whole numbers of some bytes."""
    largest = 2 ** (8 * size - 1)
    return b"".join(
        int(v * largest).to_bytes(size, "little", signed=True) for v in VALUES
    )


KINDS = {
    "8 bits": wav(1, 8, bytes(int(128 + 128 * v) for v in VALUES)),
    "16 bits": wav(1, 16, integers(2)),
    "24 bits": wav(1, 24, integers(3)),
    "32 bits": wav(1, 32, integers(4)),
    "float": wav(3, 32, struct.pack("<6f", *VALUES)),
    "double": wav(3, 64, struct.pack("<6d", *VALUES)),
    "extensible": wav(0xFFFE, 24, integers(3)),
    "other chunks first": wav(1, 16, integers(2), junk=b"LIST\x03\0\0\0abc\0"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_number(kind):
    """All kinds hold the same samples."""
    recorded = read_wav(KINDS[kind])
    np.testing.assert_array_equal(recorded.samples, np.float32(VALUES))
    assert (recorded.rate, recorded.channels, recorded.missing) == (8000, 1, 0)


def test_channels_rate_and_missing_samples(tmp_path):
    """Channels are mixed, the rate is the header's, and a cut-off end is counted."""
    sound = np.stack([np.full(10, 0.5), np.zeros(10)], axis=1).reshape(-1)
    path = write_wav(tmp_path / "two.wav", sound, 11025, channels=2)
    recorded = read_wav(path.read_bytes())
    assert (recorded.rate, recorded.channels, recorded.bits) == (11025, 2, 16)
    np.testing.assert_allclose(recorded.samples, 0.25, atol=1e-4)
    cut = read_wav(path.read_bytes()[:-9])
    assert (len(cut.samples), cut.missing) == (7, 9)
    stream = bytearray(KINDS["16 bits"])
    stream[40:44] = b"\xff\xff\xff\xff"
    np.testing.assert_array_equal(read_wav(bytes(stream)).samples, np.float32(VALUES))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no WAV file"),
        (b"RIFF", "no WAV file"),
        (b"\x89PNG and so on, of some length", "no WAV file"),
        (KINDS["16 bits"][:16], "cut off: it has no format"),
        (KINDS["16 bits"][:36], "cut off: it holds no samples"),
        (wav(6, 8, b"12345678"), "format 6 with 8 bits is not read"),
        (wav(1, 12, b"12345678"), "format 1 with 12 bits is not read"),
        (wav(1, 16, b"12345678", rate=0), "a rate of 0 Hz and 1 channels"),
        (wav(1, 16, b"12345678", rate=500_000), "a rate of 500000 Hz"),
        (wav(1, 16, b"12345678", channels=0), "8000 Hz and 0 channels"),
    ],
)
def test_what_is_no_wav_file(content, why):
    """A sentence says what is wrong; nothing crashes."""
    with pytest.raises(DataError, match=why):
        read_wav(content)


def test_any_beginning_of_a_file_is_safe():
    """A file that is cut off anywhere is read as far as it goes, or refused."""
    whole = KINDS["extensible"]
    for length in range(0, len(whole), 3):
        try:
            recorded = read_wav(whole[:length])
        except DataError:
            continue
        assert len(recorded.samples) <= 6


@pytest.mark.parametrize("target", [4000, 8000, 12_345, 16_000])
def test_another_rate(target):
    """A tone below half of both rates is the same tone afterwards."""

    def hum(rate):
        times = np.arange(rate // 10) / rate
        return np.sin(2 * np.pi * 440 * times) * np.sin(10 * np.pi * times) ** 2

    changed = resampled(
        tf.constant(hum(8000), tf.float32), tf.constant(8000, tf.int64), target
    )
    assert abs(len(changed) - len(hum(target))) <= 1
    size = min(len(changed), len(hum(target)))
    np.testing.assert_allclose(changed[:size], hum(target)[:size], atol=2e-3)


def test_preprocessors():
    """One length for all, or the length of each; the graph answers as one by one."""
    files = [float_wav(tone("low", 1)), float_wav(tone("high", 2), 8000)]
    fixed = AudioPreprocessor(4000, 900)
    rows = fixed({RAW: files}).numpy()
    assert rows.shape == (2, 900)
    own = fixed.waveform(tf.constant(files[0])).numpy()
    np.testing.assert_array_equal(rows[0, : len(own)], own)
    assert not rows[0, len(own) :].any()
    loose = AudioPreprocessor(4000)
    batch = loose({RAW: files})
    lengths = batch[SAMPLES].numpy()
    assert batch[WAVEFORM].shape == (2, max(lengths))
    assert lengths[0] == len(tone("low", 1))
    assert lengths[1] == -(-len(tone("high", 2)) // 2)
    assert read_preprocessor(fixed.describe()) == fixed


def test_an_hour_is_refused_in_a_request():
    """Ten minutes are the most that one answer takes."""
    hour = wav(1, 8, bytes(3_601_000), rate=1000)
    with pytest.raises(tf.errors.InvalidArgumentError, match="3601 s long"):
        AudioPreprocessor(1000)({RAW: [hour]})


def test_conversion(tmp_path):
    """FLAC becomes WAV where soundfile is installed; WAV stays as it is."""
    content = KINDS["16 bits"]
    assert as_wav(content) is content
    with pytest.raises(DataError, match="no recording"):
        as_wav(b"what is this?")
    soundfile = pytest.importorskip("soundfile", reason="the extra 'audio'")
    sound = tone("low", 0)
    for name, kind in (("a.flac", {}), ("a.wav", {"subtype": "ULAW"})):
        soundfile.write(tmp_path / name, sound, 4000, **kind)
        recorded = read_wav(decodable((tmp_path / name).read_bytes(), 0))
        assert recorded.rate == 4000
        np.testing.assert_allclose(recorded.samples, sound, atol=0.03)
    with pytest.raises(DataError, match="cannot be read"):
        as_wav(b"fLaC and nothing else")
