"""Speech: losses and decoders against all paths, mistakes, strings, texts that fit."""

import itertools
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.domains.audio.recordings import class_folders, transcribed, write_wav
from tfapp.base.errors import ConfigError
from tfapp.data import check_data, load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.audio.speech.decoding.alignment import token_frames
from tfapp.domains.audio.speech.decoding.decoder import (
    Decoder,
    beam_ids,
    text_probability,
)
from tfapp.domains.audio.speech.losses import CtcLoss
from tfapp.domains.audio.speech.mistakes import mistakes_of
from tfapp.domains.audio.speech.tokens import text_of, tokens_of
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.tasks.build import build_model

JIWER = """
003 001 002 120 211 120 101 040 001 030 021 010 030 003 102 102 001 030 020 320 001
004 100 110 201 005 003 005 030 003 020 001 113 002 201 201 110 020 005 010 021 001
005 120 201 300 000 100 004 210 001 210 002 020 300 101 010 300 110 003
""".split()
"""Substitutions, insertions and deletions by jiwer 4.0 of the pairs below."""


def all_texts(logits):
    """Return the probability of every text, the sum over all its paths."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = shares / shares.sum(axis=1, keepdims=True)
    texts = {}
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        text = tuple(k for k, _ in itertools.groupby(path) if k)
        share = np.prod([shares[t, k] for t, k in enumerate(path)])
        texts[text] = texts.get(text, 0.0) + share
    return texts


def certain_blanks(count, outputs):
    """Return the logits of frames behind the end."""
    row = [0.0] + [-1e4] * (outputs - 1)
    return np.tile(np.float32(row), (count, 1))


@pytest.mark.parametrize(
    "cases", [20, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.nightly])]
)
def test_decoders_and_loss_against_all_paths(cases):
    """A wide search finds the best text, with its probability, padded or not."""
    generator = np.random.default_rng(0)
    greedy = Decoder()
    for _ in range(cases):
        size = generator.integers(2, 6)
        logits = generator.normal(0, 2, (size, 3)).astype(np.float32)
        texts = all_texts(logits)
        best = max(texts, key=texts.get)
        padded = np.concatenate([logits, certain_blanks(5 - size + 1, 3)])
        batch = tf.constant(padded[None])
        ids = beam_ids(batch, 60)
        assert tuple(ids[0].numpy()) == best
        share = text_probability(batch, ids)[0]
        assert float(share) == pytest.approx(texts[best], abs=1e-5)
        path = [k for k, _ in itertools.groupby(logits.argmax(axis=1)) if k]
        assert greedy(padded)[0] == path
        row = np.zeros((1, 5), np.int32)
        row[0, : len(best)] = best
        loss = CtcLoss()(row, padded[None])
        assert float(loss) == pytest.approx(-np.log(texts[best]), abs=1e-4)


def test_alignment_is_the_best_path():
    """Tokens begin where they do on the most probable of all paths of a text."""
    generator = np.random.default_rng(1)
    for _ in range(20):
        logits = generator.normal(0, 2, (5, 3)).astype(np.float32)
        text = list(generator.integers(1, 3, generator.integers(0, 4)))
        paths = [
            path
            for path in itertools.product(range(3), repeat=5)
            if [k for k, _ in itertools.groupby(path) if k] == text
        ]
        if not paths:
            continue
        best = max(
            paths, key=lambda path: sum(logits[t, k] for t, k in enumerate(path))
        )
        begins = [t for t, k in enumerate(best) if k and (t == 0 or best[t - 1] != k)]
        ids = tf.ragged.constant([text], tf.int32, ragged_rank=1)
        assert token_frames(logits[None], ids)[0].numpy().tolist() == begins


def test_frames_of_tokens():
    """A token begins where the path first names it."""
    logits = np.full((6, 3), -5.0, np.float32)
    for frame, best in enumerate([0, 1, 1, 0, 1, 2]):
        logits[frame, best] = 5.0
    ids, frames = Decoder()(logits)
    assert ids == [1, 1, 2]
    assert frames.tolist() == [1, 4, 5]
    assert Decoder(10)(logits)[0] == [1, 1, 2]


def test_mistakes_are_those_of_jiwer():
    """Counts of each kind are those of jiwer, ties included."""
    generator = random.Random(7)
    for expected in JIWER:
        said = [generator.choice("abc") for _ in range(generator.randint(1, 6))]
        answered = [generator.choice("abc") for _ in range(generator.randint(0, 6))]
        kinds = mistakes_of(said, answered)
        assert "".join(str(len(kind)) for kind in kinds) == expected, (said, answered)


def test_tokens_and_texts():
    """Characters join without spaces, words with one."""
    assert tokens_of(" one  two", "words") == ["one", "two"]
    assert tokens_of("a  b", "characters") == ["a", " ", "b"]
    assert text_of(["one", "two"]) == "one two"
    assert text_of(["a", " ", "b"]) == "a b"


def config(path, **options):
    """Return how recordings of speech are loaded."""
    return DataConfig(kind="utterances", path=str(path), batch_size=4, options=options)


def test_transcripts(tmp_path):
    """Answers are ids of characters; a text that has no time to be said is left out."""
    transcribed(tmp_path)
    table = tmp_path / "transcripts.csv"
    write_wav(tmp_path / "fast.wav", np.sin(np.arange(800) / 3))
    table.write_text(table.read_text() + "fast.wav,abababababab,voice0\n")
    report = check_data(config(tmp_path))
    (left_out,) = [p for p in report.problems if p.severity == "left out"]
    assert left_out.kind == "too short for its text"
    assert left_out.path == "fast.wav"
    dataset = load_dataset(config(tmp_path), seed=0)
    assert dataset.info.labels == ("<blank>", "a", "b")
    examples = dataset.examples["train"][:4]
    inputs, ids = next(dataset.batches(examples, Pass()).as_numpy_iterator())
    for row, example in zip(ids, examples, strict=True):
        assert "".join(dataset.info.labels[i] for i in row if i) == example.target
    raw = tf.constant([dataset.raw(e)["audio_bytes"] for e in examples])
    again = dataset.preprocessor({"audio_bytes": raw})
    np.testing.assert_array_equal(inputs["samples"], again["samples"])
    np.testing.assert_array_equal(inputs["waveform"], again["waveform"])


def test_strings(tmp_path):
    """Strings are of one voice and split, and the same in every loading."""
    class_folders(tmp_path)
    options = {"unit": "words", "strings": 20, "shortest": 2, "longest": 3}
    one, other = (load_dataset(config(tmp_path, **options), seed=0) for _ in range(2))
    assert len(one.examples["train"]) == 20
    assert one.info.fingerprint == other.info.fingerprint
    test = one.examples["test"]
    assert len({one.speakers[e.name] for e in test}) == 1
    assert not {one.speakers[e.name] for e in one.examples["train"]} & {
        one.speakers[e.name] for e in test
    }
    assert {len(e.target.split()) for e in test} == {2, 3}
    raw, again = (d.raw(test[0])["audio_bytes"] for d in (one, other))
    assert raw == again
    with pytest.raises(ConfigError, match="shortest"):
        load_dataset(config(tmp_path, strings=5, shortest=4, longest=2), seed=0)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("speech_cnn", {"filters": [3, 3], "units": [4], "bands": 8, "hop": 0.02}),
        ("speech_blstm", {"units": 3, "depth": 1, "bands": 8, "hop": 0.02}),
    ],
)
def test_company_changes_no_answer(tmp_path, name, options):
    """A recording gets the same logits alone and next to a longer one."""
    transcribed(tmp_path, 12)
    info = load_dataset(config(tmp_path, speakers="mixed"), seed=0).info
    keras.utils.set_random_seed(0)
    model = build_model(ModelConfig(name=name, options=options), info)
    short = np.random.default_rng(0).normal(0, 0.3, (1, 800)).astype(np.float32)
    alone = model({"waveform": short, "samples": np.array([800], np.int32)})
    both = np.zeros((2, 2000), np.float32)
    both[0, :800], both[1] = short, 0.1
    lengths = np.array([800, 2000], np.int32)
    together = model({"waveform": both, "samples": lengths})
    frames = alone.shape[1]
    np.testing.assert_allclose(together[0, :frames], alone[0], atol=1e-4)
    assert (np.asarray(together[0, frames:]).argmax(axis=1) == 0).all()
