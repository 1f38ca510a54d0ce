"""Recordings of classes: faults, splits by voice, patterns, options, detection."""

import numpy as np
import pytest
import tensorflow as tf

from tests.domains.audio.recordings import (
    RATE,
    class_folders,
    tone,
    transcribed,
    write_wav,
)
from tfapp.base.errors import ConfigError, DataError
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.detection import detect
from tfapp.data.spec import Pass
from tfapp.domains.audio.augmentation import AudioAugmentation
from tfapp.domains.audio.changes import audio_change
from tfapp.domains.audio.classification.plan import plan
from tfapp.recipes.config import DataConfig
from tfapp.recipes.plan import Machine


def config(path, **options):
    """Return how recordings of classes are loaded."""
    return DataConfig(kind="recordings", path=str(path), batch_size=4, options=options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten tones of three classes by three voices, which nothing changes."""
    return class_folders(tmp_path_factory.mktemp("tones"))


def test_voices_are_apart(folder):
    """No voice is in two splits; batches hold what the preprocessor makes of files."""
    dataset = load_dataset(config(folder), seed=0)
    voices = {
        split: {dataset.speakers[e.name] for e in examples}
        for split, examples in dataset.examples.items()
    }
    assert all(len(own) == 1 for own in voices.values())
    assert len(set.union(*voices.values())) == 3
    assert any("voices of the test: 1, all unknown" in n for n in dataset.notes)
    examples = dataset.examples["test"][:4]
    rows, answers = next(dataset.batches(examples, Pass()).as_numpy_iterator())
    files = tf.constant([dataset.raw(e)["audio_bytes"] for e in examples])
    np.testing.assert_array_equal(rows, dataset.preprocessor({"audio_bytes": files}))
    labels = [dataset.info.labels[i] for i in answers.argmax(axis=1)]
    assert labels == [e.target for e in examples]
    assert dataset.preprocessor.rate == RATE


def test_patterns_and_mixed_voices(folder):
    """A pattern names the test; voices may be mixed on request."""
    chosen = config(folder, speakers="mixed", test="*_[0-1].wav", seconds=0.15)
    dataset = load_dataset(chosen, seed=0)
    assert {e.name[-6:] for e in dataset.examples["test"]} == {"_0.wav", "_1.wav"}
    assert any("trained on: new voices may do worse" in n for n in dataset.notes)
    assert dataset.preprocessor.samples == 600
    assert any("are longer than 0.15 s" in n for n in dataset.notes)
    with pytest.raises(DataError, match="would hear a known voice"):
        load_dataset(config(folder, test="*_[0-1].wav"), seed=0)
    with pytest.raises(ConfigError, match="fits none of 30"):
        load_dataset(config(folder, test="*.mp3"), seed=0)
    for options, why in (({"rate": 5}, "options.rate"), ({"seconds": -1}, "seconds")):
        with pytest.raises(ConfigError, match=why):
            load_dataset(config(folder, **options), seed=0)


def test_faults_of_single_files(tmp_path):
    """What cannot be used is named with its reason, and what is odd is noted."""
    class_folders(tmp_path)
    write_wav(tmp_path / "low" / "voice0_50.wav", np.zeros(900))
    write_wav(tmp_path / "low" / "voice0_51.wav", tone("low", 51)[:20])
    (tmp_path / "low" / "voice0_52.wav").write_bytes(b"no sound")
    loud = write_wav(tmp_path / "low" / "voice0_53.wav", np.sign(tone("low", 53)))
    loud.write_bytes(loud.read_bytes()[:-20])
    other, moved = (np.resize(tone("low", number), 1300) for number in (54, 55))
    write_wav(tmp_path / "low" / "voice0_54.wav", other, 8000)
    write_wav(tmp_path / "low" / "voice0_55.wav", 0.5 * moved + 0.3)
    (tmp_path / "low" / "notes.txt").write_text("some words")
    report = check_data(config(tmp_path))
    kinds = {(p.kind, p.severity) for p in report.problems}
    for kind in ("silent", "too short", "unreadable"):
        assert (kind, "left out") in kinds
    for kind in ("clipped", "truncated", "offset"):
        assert (kind, "used with care") in kinds
    assert {("sampling rates", "note"), ("foreign files", "note")} <= kinds
    assert report.usable == 33
    assert report.facts["speakers"] == 3
    reasons = plan(report, Machine()).reasons
    assert any("each of 3 speakers belongs to one split" in r for r in reasons)


def test_places_without_classes(tmp_path):
    """One line says what is missing."""
    write_wav(tmp_path / "one.wav", tone("low", 0))
    with pytest.raises(DataError, match="nothing names their classes"):
        load_dataset(config(tmp_path), seed=0)
    table = tmp_path / "list.csv"
    table.write_text("name,kind\none.wav,low\n")
    with pytest.raises(DataError, match="expected the columns `path`"):
        load_dataset(config(table), seed=0)
    table.write_text("path,label\none.wav,\n")
    with pytest.raises(DataError, match="line 2: the row has no 'label'"):
        load_dataset(config(table), seed=0)
    table.write_text("path,label,split\none.wav,low,some\n")
    with pytest.raises(DataError, match="unknown split 'some'"):
        load_dataset(config(table), seed=0)


def test_a_trained_model_is_tested(folder, tmp_path):
    """Rate and length are those of its preprocessor; unknown classes are refused."""
    trained = load_dataset(config(folder), seed=0)
    described = trained.preprocessor.describe()
    again = load_test_only(config(folder), trained.info.labels, preprocess=described)
    assert len(again.examples["test"]) == 30
    assert again.preprocessor == trained.preprocessor
    with pytest.raises(DataError, match="which the model does not know"):
        load_test_only(config(folder), ("low", "high"), preprocess=described)


def test_recognised(folder, tmp_path):
    """Folders and tables of recordings are told from all other data."""
    found = detect(str(folder))
    assert (found.data, found.task) == ("recordings", "audio_classification")
    letters = transcribed(tmp_path / "letters", 3)
    for place in (letters, letters / "transcripts.csv"):
        found = detect(str(place))
        assert (found.data, found.task) == ("utterances", "speech"), place
    table = tmp_path / "labels.csv"
    table.write_text("file,class\nletters/00.wav,low\nletters/01.wav,high\n")
    assert detect(str(table)).data == "recordings"
    photos = tmp_path / "photos" / "cat"
    photos.mkdir(parents=True)
    (photos / "a.jpg").write_bytes(b"a picture")
    assert detect(str(photos.parent)).data == "images"


def test_augmentation():
    """Speed moves the end, noise stays before it, and equal seeds change alike."""
    waveform = np.zeros((3, 400), np.float32)
    waveform[:, :200] = np.sin(np.arange(200) / 5)
    change = audio_change(AudioAugmentation(speed=0.2, noise=0.5, tilt=0.3))
    seed = tf.constant([1, 2], tf.int64)
    first, second = (change(tf.constant(waveform), 0, seed)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    ends = [int(np.flatnonzero(row)[-1]) for row in first.numpy()]
    assert len({*ends}) == 3
    assert all(160 <= end <= 250 for end in ends)
    lengths = tf.constant([200, 100, 200])
    inputs = {"waveform": tf.constant(waveform[:, :200]), "samples": lengths}
    changed, _ = change(inputs, 0, seed)
    speeds = lengths.numpy() / changed["samples"].numpy()
    assert (np.abs(speeds - 1) <= 0.21).all()
    assert audio_change(AudioAugmentation()) is None
