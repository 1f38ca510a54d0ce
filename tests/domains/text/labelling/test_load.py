"""Files of tagged sentences as a dataset, and what is reported of them."""

import numpy as np
import pytest

from tests.domains.text.labelling.tiny import columns, iob_lines
from tfapp.base.errors import DataError
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.report import refuse_damaged
from tfapp.data.spec import Pass
from tfapp.domains.text.labelling.plan import plan
from tfapp.recipes.config import DataConfig
from tfapp.recipes.plan import Machine


def config(path, **options):
    """Return the `[data]` of a path."""
    kind = "tagged_sentences"
    return DataConfig(kind=kind, path=str(path), batch_size=8, options=options)


def test_one_file(tmp_path):
    """Ids, tags and intents of every sentence; splits share no sentence."""
    path = iob_lines(tmp_path / "a.iob")
    dataset = load_dataset(config(path), seed=0, split_file=tmp_path / "split.json")
    assert dataset.tags[0] == "O"
    assert sorted(dataset.tags) == ["B-animal", "B-city", "I-city", "O"]
    assert set(dataset.intents) == {"report", "question"}
    assert sum(map(len, dataset.examples.values())) == 80
    inputs, targets = next(iter(dataset.batches(dataset.examples["train"], Pass())))
    first = dataset.of("train")[0]
    names = dataset.info.labels
    length = len(first.tokens)
    assert [names[i] for i in targets[0, :length, 0]] == list(first.tags)
    assert names[int(targets[0, 0, 1])] == f"intent={first.intent}"
    assert (targets.numpy()[0, length:] == -1).all()
    assert inputs["words"].shape[:2] == targets.shape[:2]
    raw = dataset.raw(dataset.examples["train"][0])
    again = dataset.preprocessor({n: np.array([v], object) for n, v in raw.items()})
    np.testing.assert_array_equal(again["words"][0], inputs["words"][0, :length])
    same = load_dataset(config(path), seed=0, split_file=tmp_path / "split.json")
    assert same.examples == dataset.examples


def test_copies(tmp_path):
    """Copies share a split that is made, and are reported where files give splits."""
    text = "a\tX\nb\tY\n\n" * 20 + "".join(f"w{i}\tX\nb\tY\n\n" for i in range(30))
    path = tmp_path / "a.conll"
    path.write_text(text)
    dataset = load_dataset(config(path), seed=0)
    homes = {
        e.split for p in dataset.examples.values() for e in p if _is_copy(e, dataset)
    }
    assert len(homes) == 1
    (tmp_path / "b").mkdir()
    for name in ("train", "dev", "test"):
        (tmp_path / "b" / f"{name}.conll").write_text(text)
    dataset = load_dataset(config(tmp_path / "b"), seed=0)
    assert len(dataset.examples["test"]) == 50
    assert "50 of 50 test sentences occur in training word for word" in dataset.notes
    report = check_data(config(tmp_path / "b"))
    assert {"copies in two splits"} <= {p.kind for p in report.problems}


def _is_copy(example, dataset):
    return dataset.sentences[example.name].tokens == ("a", "b")


def test_damaged_files(tmp_path):
    """Few bad sentences are left out with a note; many are refused."""
    path = columns(tmp_path / "a.conll")
    path.write_text(
        path.read_text() + "\n\nno tag here\n\n\nx I-odd y\n".replace(" ", " ")
    )
    report = check_data(config(path))
    assert report.counts["unusable"] <= 2
    refuse_damaged(report, 0.1)
    assert load_dataset(config(path), seed=0).notes
    path.write_text("a\tX\n\nb\tY\n\n" + "bad\n\n" * 5)
    with pytest.raises(DataError, match="5 of 7 sentences cannot be used"):
        load_dataset(config(path), seed=0)


def test_long_sentences_and_unknown_tags(tmp_path):
    """A sentence of 5,000 tokens is cut; a tag only of the test part is reported."""
    (tmp_path / "train.conll").write_text(
        "".join(f"a{i}\tX\nb\tY\n\n" for i in range(20)) + "a\tX\n" * 5000
    )
    (tmp_path / "test.conll").write_text("a\tX\nb\tZ\n")
    dataset = load_dataset(config(tmp_path), seed=0)
    assert max(len(s.tokens) for s in dataset.sentences.values()) == 256
    notes = " ".join(dataset.notes)
    assert "1\N{NO-BREAK SPACE}sentence too long, cut into several" in notes
    assert "tags that training does not have, always counted as wrong: Z (1)" in notes
    only = load_test_only(
        config(tmp_path / "test.conll"),
        dataset.info.labels,
        preprocess=dataset.preprocessor.describe(),
    )
    assert [len(part) for part in only.examples.values()] == [0, 0, 1]
    assert only.info.labels == dataset.info.labels


def test_word_vectors(tmp_path):
    """Vectors of a file reach the network by the ids of their words."""
    path = columns(tmp_path / "a.conll")
    (tmp_path / "v.txt").write_text("the 1 2\nzebra 3 4\ndog 5 6\n")
    dataset = load_dataset(config(path, vectors=str(tmp_path / "v.txt")), seed=0)
    rows = dataset.info.start["vectors"]
    ids = dataset.preprocessor({"text": np.array(["The\tZEBRA\tx"], object)})["vectors"]
    np.testing.assert_array_equal(rows[ids.numpy()[0]], [[1, 2], [3, 4], [0, 0]])
    assert dataset.info.inputs["vectors"].num_values == len(rows) == 5


def test_plans(tmp_path):
    """`fit` scores spans where tags mark them, and refuses a handful of sentences."""
    report = check_data(config(columns(tmp_path / "a.conll")))
    chosen = plan(report, Machine())
    assert chosen.table["task_options"] == {"score": "spans"}
    (tmp_path / "b.conll").write_text("a\tX\nb\tY\n\n" * 3)
    with pytest.raises(DataError, match="holds 3 sentences. Expected 10 or more"):
        plan(check_data(config(tmp_path / "b.conll")), Machine())
