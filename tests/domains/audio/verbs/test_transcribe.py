"""`tfapp transcribe`: long recordings, by a network of known weights."""

import json

import keras
import numpy as np
import pytest
from keras import ops
from typer.testing import CliRunner

import tfapp
from tests.domains.audio.recordings import RATE, float_wav, spoken, write_wav
from tfapp.base.errors import ConfigError, ModelError
from tfapp.base.reporter import Reporter
from tfapp.base.storage.checksums import write_sealed_json
from tfapp.cli import app
from tfapp.domains.audio.layers.log_mel import LogMel
from tfapp.domains.audio.preprocessor import AudioPreprocessor
from tfapp.domains.audio.reading.parts import open_recording
from tfapp.domains.audio.speech.decoding.decoder import Decoder
from tfapp.domains.audio.speech.decoding.streaming import Part, joined, parts_of
from tfapp.domains.audio.wav import read_wav
from tfapp.export.keras_file import save_model

QUIET = Reporter(True)
LETTERS = "abbaabababbbabaaabba" * 2


def tone_network():
    """Return a network that names a for a low tone and b for a high one."""
    waveform = keras.Input((None,), name="waveform")
    samples = keras.Input((), dtype="int32", name="samples")
    layer = LogMel(RATE, 10, 48, 20, 64, name="log_mel")
    bands = ops.exp(layer(waveform))
    low, high = ops.sum(bands[..., :5], -1), ops.sum(bands[..., 5:], -1)
    logits = ops.stack([0.05 + 0 * low, low, high], axis=-1)
    logits = 50 * logits + 0.0 * ops.cast(samples, "float32")[:, None, None]
    return keras.Model({"waveform": waveform, "samples": samples}, logits)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of runs with that network, and a recording of forty letters."""
    place = tmp_path_factory.mktemp("runs")
    run = place / "ears" / "1"
    run.mkdir(parents=True)
    save_model(tone_network(), run / "model.keras")
    card = {
        "task": "speech",
        "preprocess": AudioPreprocessor(RATE).describe(),
        "calibration": Decoder().describe(),
        "class_names": ["<blank>", "a", "b"],
    }
    write_sealed_json(run / "tfapp.json", card)
    write_wav(place / "long.wav", spoken(LETTERS, 7))
    return place


def test_parts_give_the_text_of_the_whole(place):
    """Function and command name every letter once, at its time, in parts or not."""
    file = str(place / "long.wav")
    model = tfapp.load("ears", runs_folder=place, reporter=QUIET)
    (whole,) = tfapp.transcribe(model, [file], seconds=60, reporter=QUIET).rows
    assert whole.text == LETTERS
    assert whole.seconds == pytest.approx(len(spoken(LETTERS, 7)) / RATE)
    for seconds, overlap in ((2.0, 0.5), (2.0, 1.0), (3.1, 0.7)):
        lengths = {"seconds": seconds, "overlap": overlap}
        (row,) = tfapp.transcribe(model, [file], **lengths, reporter=QUIET).rows
        assert row.text == LETTERS
        np.testing.assert_allclose(row.times, whole.times, atol=0.006)
    options = ["--seconds", "2", "--overlap", "0.5", "--runs", str(place), "--json"]
    done = CliRunner().invoke(app, ["transcribe", "ears", file, "--quiet", *options])
    assert done.exit_code == 0, done.output
    (answer,) = json.loads(done.stdout)
    assert answer["text"] == LETTERS
    assert len(answer["times"]) == len(answer["tokens"]) == len(LETTERS)


def test_bad_files_and_options_are_one_line(place, tmp_path):
    """A file that cannot be read has an error in its row; the others are answered."""
    (tmp_path / "cut.wav").write_bytes(float_wav(np.zeros(9))[:30])
    (tmp_path / "page.wav").write_bytes(b"<html>")
    (tmp_path / "still.wav").write_bytes(float_wav(np.zeros(9000)))
    (tmp_path / "empty.wav").write_bytes(float_wav(np.zeros(0)))
    model = tfapp.load("ears", runs_folder=place, reporter=QUIET)
    found = tfapp.transcribe(model, [str(tmp_path)], reporter=QUIET)
    errors = {row.path.rpartition("/")[2]: row.error for row in found.rows}
    assert errors["still.wav"] == errors["empty.wav"] == ""
    assert "cut off: it holds no samples" in errors["cut.wav"]
    assert "no recording (WAV, FLAC" in errors["page.wav"]
    with pytest.raises(ConfigError, match="`overlap` must be from 0.5 to half"):
        tfapp.transcribe(model, [str(tmp_path)], seconds=3, overlap=2)
    with pytest.raises(ConfigError, match="`seconds` must be from 2 to 600"):
        tfapp.transcribe(model, [str(tmp_path)], seconds=1)
    card = place / "ears" / "1" / "tfapp.json"
    before = json.loads(card.read_text())
    try:
        write_sealed_json(card, {**before, "task": "audio_classification"})
        with pytest.raises(ModelError, match="'audio_classification' and writes no"):
            tfapp.transcribe("ears", [str(tmp_path)], runs_folder=place, reporter=QUIET)
    finally:
        write_sealed_json(card, before)


def test_parts_of_a_file(tmp_path):
    """Parts hold the samples of their place, in the form of the file, stereo too."""
    generator = np.random.default_rng(0)
    samples = generator.uniform(-0.5, 0.5, 2 * 5000).astype(np.float32)
    file = write_wav(tmp_path / "two.wav", samples, channels=2)
    whole = read_wav(file.read_bytes())
    recording = open_recording(file)
    assert (recording.rate, recording.samples) == (RATE, 5000)
    part = read_wav(recording.part(1000, 1300))
    assert part.channels == 2
    np.testing.assert_array_equal(part.samples, whole.samples[1000:1300])
    streamed = bytearray(file.read_bytes())
    streamed[40:44] = b"\xff" * 4
    (tmp_path / "streamed.wav").write_bytes(streamed)
    assert open_recording(tmp_path / "streamed.wav").samples == 5000


def test_packed_files_have_parts(tmp_path):
    """FLAC is read from any place on, where soundfile is installed."""
    soundfile = pytest.importorskip("soundfile", reason="the extra 'audio'")
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 9000)
    soundfile.write(tmp_path / "x.flac", samples, RATE)
    recording = open_recording(tmp_path / "x.flac")
    part = read_wav(recording.part(2000, 2500)).samples
    np.testing.assert_allclose(part, samples[2000:2500], atol=1e-4)


@pytest.mark.parametrize("samples", [10, 100, 101, 180, 999, 12345])
def test_places_of_parts(samples):
    """Parts cover everything, share what they should, and are about equally long."""
    places = parts_of(samples, 100, 20)
    assert places[0][0] == 0
    assert places[-1][1] == samples
    for (_, end), (start, _) in zip(places, places[1:], strict=False):
        assert end - start == 20
    lengths = [end - start for start, end in places]
    assert max(lengths) <= 100
    assert max(lengths) - min(lengths) <= 1


def test_tokens_near_a_border():
    """A token that two parts hear at slightly different times is taken once."""
    one = Part(0.0, 10.0, ["a", "b", "x"], [1.0, 8.99, 9.9])
    other = Part(8.0, 18.0, ["y", "b", "c"], [8.1, 9.03, 12.0])
    assert joined([one, other]) == (["a", "b", "c"], [1.0, 9.03, 12.0])
    later = Part(8.0, 18.0, ["b", "c"], [9.9, 12.0])
    assert joined([Part(0, 10, ["a"], [8.9]), later])[0] == ["a", "b", "c"]
