"""Labelled texts: what is left out, how they are split, how a network begins."""

import numpy as np
import pytest

from tests.domains.text.classification.tiny import sentences, table
from tfapp.base.errors import ConfigError, DataError, ModelError
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.spec import Pass
from tfapp.domains.text.classification.load import _usual_length
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.tasks.build import build_model


def config(path, **options):
    """Return how a place is loaded."""
    return DataConfig(kind="texts", path=str(path), options=options, batch_size=8)


def problems(path):
    """Return (kind, severity) → number of problems that a check reports."""
    report = check_data(config(path))
    counts = {}
    for problem in report.problems:
        key = problem.kind, problem.severity
        counts[key] = counts.get(key, 0) + 1
    return counts


def test_numbers_of_words_and_their_texts(tmp_path):
    """Batches hold what the preprocessor makes of the raw text, and one-hot classes."""
    dataset = load_dataset(config(table(tmp_path / "t.csv", sentences())), seed=0)
    assert dataset.info.labels == ("bad", "good")
    examples = dataset.examples["train"][:8]
    words, answers = next(dataset.batches(examples, Pass()).as_numpy_iterator())
    texts = [dataset.raw(e)["text"] for e in examples]
    np.testing.assert_array_equal(words, dataset.preprocessor({"text": texts}))
    expected = [e.target == "good" for e in examples]
    np.testing.assert_array_equal(answers[:, 1], expected)
    assert words.max() < dataset.info.only_input.num_values
    solution, (held, labels) = dataset.mixed.linear, dataset.rows("test")
    found = solution.logits(held, dataset.preprocessor.num_values).argmax(axis=1)
    assert (found == labels).mean() == 1.0


def test_faults_of_single_texts(tmp_path):
    """Empty texts, rows without label and rows of too many cells are left out."""
    rows = sentences()
    rows[0] = ("good", " ... ")
    rows[1] = ("", rows[1][1])
    path = table(tmp_path / "t.csv", [*rows, ("bad", "one text,", "and more")])
    counts = problems(path)
    assert counts["empty", "left out"] == 1
    assert counts["no label", "left out"] == 1
    assert counts["too many cells", "left out"] == 1
    assert len(load_dataset(config(path), seed=0).names) == 118


def test_copies_are_counted_and_stay_together(tmp_path):
    """Copies share a split; contradictions are left out; near copies are counted."""
    rows = sentences()
    copies = [(label, text.upper()) for label, text in rows[:10]]
    near = [(label, f"{text} indeed") for label, text in rows[10:20]]
    against = [("bad" if label == "good" else "good", t) for label, t in rows[20:23]]
    path = table(tmp_path / "t.csv", [*rows, *copies, *near, *against])
    counts = problems(path)
    assert counts["duplicate", "note"] == 10
    assert counts["conflicting labels", "left out"] == 6
    assert counts["near-duplicate", "note"] >= 10
    dataset = load_dataset(config(path), seed=0)
    split = {
        dataset.texts[e.name].upper(): set()
        for s in dataset.examples.values()
        for e in s
    }
    for part, examples in dataset.examples.items():
        for e in examples:
            split[dataset.texts[e.name].upper()].add(part)
    assert all(len(parts) == 1 for parts in split.values())
    assert any("10 copies of other texts" in note for note in dataset.notes)


def test_tables_of_splits(tmp_path):
    """train, dev and test tables are the splits; copies across them leave training."""
    rows = sentences()
    new = ("neither", "a class that no training text has")
    parts = {
        "train": rows[:80],
        "dev": rows[80:100],
        "test": [*rows[100:], rows[0], new],
    }
    for name, part in parts.items():
        table(tmp_path / f"{name}.tsv", part, delimiter="\t")
    dataset = load_dataset(config(tmp_path), seed=0)
    sizes = {split: len(part) for split, part in dataset.examples.items()}
    assert sizes == {"train": 79, "validation": 20, "test": 21}
    assert dataset.info.labels == ("bad", "good")
    assert any("1 untrained class" in note for note in dataset.notes)


def test_long_texts_are_cut_and_counted(tmp_path):
    """The beginning is read; a note gives the number of texts and the option."""
    rows = [(label, f"{text} {'very ' * 50}") for label, text in sentences()]
    path = table(tmp_path / "t.csv", rows)
    dataset = load_dataset(config(path, length=20), seed=0)
    assert dataset.info.only_input.shape == (20,)
    assert any("longer than 20 words" in note for note in dataset.notes)


def test_how_much_of_long_texts_is_read():
    """Short ones whole, of long ones as many words as nearly all have."""
    assert _usual_length([]) == 5
    assert _usual_length([30, 399]) == 399
    assert _usual_length([100] * 98 + [9000] * 2) == 400
    assert _usual_length([100] * 50 + [700] * 48 + [9000] * 2) == 700
    assert _usual_length([9000]) == 2000


def test_other_texts_are_cut_as_in_training(tmp_path):
    """A model is tested with its own vocabulary; unknown classes are refused."""
    path = table(tmp_path / "t.csv", sentences())
    first = load_dataset(config(path), seed=0)
    described = first.preprocessor.describe()
    other = table(tmp_path / "u.csv", sentences(30, seed=1))
    tested = load_test_only(config(other), first.info.labels, preprocess=described)
    assert len(tested.examples["test"]) == 30
    assert tested.preprocessor == first.preprocessor
    table(other, [("new", "an unknown kind of thing")])
    with pytest.raises(DataError, match=r"classes \['new'\]"):
        load_test_only(config(other), first.info.labels, preprocess=described)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("x", f"some longer text {i}") for i in range(9)], "single class 'x'"),
        ([("", "some longer text")], "no labelled example"),
        (
            [(i * 1.5, f"a longer text here {i}") for i in range(40)],
            "different numbers",
        ),
    ],
)
def test_what_nothing_can_be_learned_from(tmp_path, rows, message):
    """One label, none, or quantities are refused in one line."""
    with pytest.raises(DataError, match=message):
        load_dataset(config(table(tmp_path / "t.csv", rows)), seed=0)


def test_options_out_of_range(tmp_path):
    """Numbers that cannot be are refused with the range."""
    path = table(tmp_path / "t.csv", sentences())
    with pytest.raises(ConfigError, match=r"most_words` must be from 1 to 46000"):
        load_dataset(config(path, most_words=100_000), seed=0)


def test_vectors_of_a_file_begin_the_network(tmp_path):
    """Their values are in the channels, padding is zero, and coverage is reported."""
    path = table(tmp_path / "t.csv", sentences())
    vectors = tmp_path / "v.txt"
    vectors.write_text("warm 1 2 3\nfunny 4 5 6\nunheard 7 8 9\n")
    dataset = load_dataset(config(path, vectors=str(vectors)), seed=0)
    assert any("2 of" in note and "v.txt" in note for note in dataset.notes)
    words = dataset.preprocessor.words
    assert words[-1] == "unheard"
    options = {"channels": "static", "filters": 2}
    model = build_model(ModelConfig(name="sentence_cnn", options=options), dataset.info)
    (table_of_words,) = model.get_layer("static_vectors").get_weights()
    np.testing.assert_array_equal(table_of_words[2 + words.index("warm")], [1, 2, 3])
    np.testing.assert_array_equal(table_of_words[:2], 0)
    assert not model.get_layer("static_vectors").trainable
    plain = load_dataset(config(path), seed=0)
    with pytest.raises(ModelError, match=r"needs vectors of words from a file"):
        build_model(ModelConfig(name="sentence_cnn", options=options), plain.info)
