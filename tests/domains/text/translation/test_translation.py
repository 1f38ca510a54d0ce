"""Pairs to ids, losses, figures, simple methods, the report and the answers served."""

from math import log

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.domains.text.translation.tiny import pairs, write
from tfapp.base.errors import DataError, ModelError
from tfapp.data import check_data, load_dataset
from tfapp.data.spec import DataInfo, InputSpec, Pass
from tfapp.domains.text.translation.dataset import CutPair
from tfapp.domains.text.translation.evaluation.baselines import nearest_targets
from tfapp.domains.text.translation.evaluation.distance import (
    agreement,
    edit_distance,
)
from tfapp.domains.text.translation.interface import INTERFACE, prediction, signatures
from tfapp.domains.text.translation.losses import (
    ExactAccuracy,
    SymbolAccuracy,
    SymbolLoss,
)
from tfapp.domains.text.translation.models.recurrent_translator import taught_model
from tfapp.domains.text.translation.plan import plan
from tfapp.domains.text.translation.preprocessor import read_preprocessor
from tfapp.domains.text.translation.task import task
from tfapp.export.signatures import compiled
from tfapp.export.spec import Exported
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.recipes.plan import Machine
from tfapp.tasks.build import build_model

NAME = "recurrent_translator"


def config(path, kind="text_pairs", **options):
    """Return the `[data]` of pairs."""
    return DataConfig(kind=kind, path=str(path), batch_size=8, options=options)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A table of texts and their first letters."""
    return write(tmp_path_factory.mktemp("pairs") / "pairs.tsv", pairs())


@pytest.fixture(scope="module")
def dataset(file):
    """The pairs of the table."""
    return load_dataset(config(file), seed=0)


@pytest.fixture(scope="module")
def model(dataset):
    """A small network with random weights."""
    keras.utils.set_random_seed(0)
    options = {"units": 6, "embedding_units": 4, "beams": 3}
    return build_model(ModelConfig(name=NAME, options=options), dataset.info)


def test_ids(dataset):
    """Texts are their characters, answers end with 0, and padding does not count."""
    examples = dataset.examples["train"][:8]
    inputs, targets = next(iter(dataset.batches(examples, Pass())))
    names = dataset.preprocessor.names
    assert dataset.info.target_shape == (4,)
    for example, source, target in zip(examples, inputs, targets, strict=True):
        pair = dataset.pairs[example.name]
        assert "".join(names[i] for i in target if i > 0) == "".join(pair.target)
        assert target.numpy().tolist().count(0) == 1
        assert (target.numpy()[len(pair.target) + 1 :] == -1).all()
        raw = dataset.raw(example)
        ids = dataset.preprocessor({"text": tf.constant([raw["text"]])})[0]
        np.testing.assert_array_equal(source[: len(pair.source)], ids)
        assert (source.numpy()[len(pair.source) :] == 0).all()
    again = read_preprocessor(dataset.preprocessor.describe())
    assert again == dataset.preprocessor
    lost = again({"text": tf.constant(["", "é\x00\x01", "r" * 5000])})
    assert lost.shape == (3, again.longest)
    assert lost[:2, :1].numpy().tolist() == [[1], [1]]


def test_words_as_symbols(file):
    """Symbols may be what stands between spaces; rare ones are unknown."""
    words = load_dataset(config(file, cut="spaces", most_symbols=4), seed=0)
    assert len(words.preprocessor.source) == 4
    raw = {"text": tf.constant(["red  stone nothing"])}
    symbols = words.preprocessor.symbols(raw).numpy()[0].tolist()
    assert symbols == [b"red", b"stone", b"nothing"]
    assert words.preprocessor(raw).numpy()[0, 2] == 1


def test_no_source_in_two_splits(tmp_path):
    """Copies of a source share a split, whatever their targets are."""
    rows = [(text, f"{short}{i}") for text, short in pairs(40) for i in range(3)]
    copied = load_dataset(config(write(tmp_path / "a.tsv", rows)), seed=1)
    homes = {}
    for split in copied.examples:
        for pair in copied.of(split):
            assert homes.setdefault(pair.source, split) == split
    report = check_data(config(tmp_path / "a.tsv"))
    assert any(p.kind == "several targets" for p in report.problems)


def test_notes_and_refusals(tmp_path):
    """Long sides are left out, unknown characters are named, damage is refused."""
    rows = [(f"{t} {i}", s, "train") for i, (t, s) in enumerate(pairs(40))]
    rows += [("a" * 5000, "x", "train"), ("ß red", "ø", "test")]
    rows += [("red tree", "rt", "test"), ("blue", "b", "dev"), ("r" * 90, "b", "test")]
    header = ("source", "target", "split")
    file = write(tmp_path / "a.tsv", rows, header)
    loaded = load_dataset(config(file), seed=0)
    notes = "\n".join(loaded.notes)
    assert "left out: 1 too long" in notes
    assert "sources hold symbols that training does not have: 'ß' (1)" in notes
    assert "'ø' (1); answers with them count as wrong" in notes
    assert "longer than those of the training part" in notes
    logits = np.full((3, *loaded.info.target_shape, loaded.info.num_outputs), -9.0)
    logits[..., 0] = 0
    results = task().judge(lambda split: logits, loaded, {})
    assert results.figures["exact_accuracy"] == 0
    assert any("5,000 symbols" in p.detail for p in check_data(config(file)).problems)
    bad = write(tmp_path / "b.tsv", [("a", "")] * 30 + [("b", "c")] * 30)
    with pytest.raises(DataError, match="30 of 60 files cannot be used"):
        load_dataset(config(bad), seed=0)


def test_losses():
    """The loss is the mean over known symbols; exact answers have all of them right."""
    logits = np.log([[[0.5, 0.25, 0.25]] * 3, [[0.1, 0.8, 0.1]] * 3]).astype("float32")
    targets = np.array([[0, 1, -1], [1, -2, 1]])
    expected = -(log(0.5) + log(0.25) + 2 * log(0.8)) / 4
    assert float(SymbolLoss()(targets, logits)) == pytest.approx(expected, abs=1e-5)
    smooth = SymbolLoss(0.3)(targets[:1, :1], logits[:1, :1])
    spread = -np.mean(np.log([0.5, 0.25, 0.25]))
    assert float(smooth) == pytest.approx(0.7 * -log(0.5) + 0.3 * spread, abs=1e-5)
    symbols, exact = SymbolAccuracy(), ExactAccuracy()
    for metric in (symbols, exact):
        metric.update_state(targets, logits)
    assert float(symbols.result()) == pytest.approx(3 / 5)
    assert float(exact.result()) == 0
    exact.reset_state()
    exact.update_state(np.array([[0, -1, -1], [1, 1, 0]]), logits)
    assert float(exact.result()) == 0.5


def test_teaching_is_greedy_decoding(dataset, model):
    """Teaching along the likeliest symbols finds each of them the likeliest again."""
    decoder = model.get_layer("decoder")
    memory = model.get_layer("encoder").output[0]
    parts = keras.Model(model.input, [memory, model.get_layer("ending").output])
    inputs, _ = next(iter(dataset.batches(dataset.examples["train"][:8], Pass())))
    greedy, _ = decoder.search(inputs, *parts(inputs), beams=1)
    given = {"source": inputs, "target": greedy[:, 0]}
    taught = np.asarray(taught_model(model)(given)["logits"]).argmax(-1)
    for found, own in zip(taught, greedy[:, 0].numpy(), strict=True):
        end = own.tolist().index(0) + 1 if 0 in own else len(own)
        np.testing.assert_array_equal(found[:end], own[:end])


def test_distances():
    """Levenshtein's distance, and the share of places that agree."""
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == edit_distance("abc", "") == 3
    assert agreement("abc", "abc") == 1
    assert agreement("abd", "abc") == 0.75
    assert agreement("ab", "abc") == 0.5
    assert agreement("", "") == 1


def test_nearest_source():
    """The target is that of the source that needs the fewest edits."""
    train = [CutPair(tuple(s), tuple(s.upper())) for s in ("tree", "three", "stone")]
    asked = [CutPair(tuple(s), ()) for s in ("thre", "stones", "zzz")]
    found = ["".join(s) for s in nearest_targets(train, asked)]
    assert found[:2] == ["TREE", "STONE"] or found[:2] == ["THREE", "STONE"]


def perfect(dataset, split):
    """Return logits that give the right answer to every pair."""
    shape = (*dataset.info.target_shape, dataset.info.num_outputs)
    for example in dataset.examples[split]:
        logits = np.full(shape, -20.0, "float32")
        ids = dataset.preprocessor.target_ids(dataset.pairs[example.name].target)
        logits[:, 0] = -1e-3
        for place, symbol in enumerate(ids[:-1]):
            logits[place, [0, symbol]] = -20.0, -1e-3
        yield logits


def test_figures_and_simple_methods(dataset):
    """Perfect answers are all exact, and simple methods stand next to them."""
    results = task().judge(lambda split: perfect(dataset, split), dataset, None)
    assert results.figures["exact_accuracy"] == 1
    assert results.figures["symbol_accuracy"] == 1
    assert results.figures["edit_rate"] == 0
    assert all(row[2] == "1" for row in results.scores.rows)
    names = [baseline.name for baseline in results.baselines]
    assert names == [
        "the source, copied",
        "most frequent target",
        "target of the nearest training source",
    ]
    assert results.baselines[0].value == 0
    assert results.baselines[2].value > 0.3


@pytest.mark.slow
def test_report(dataset, model):
    """Mistakes, lengths, both searches and pictures are shown, whatever the texts."""
    shown = model.predict(
        next(iter(dataset.batches(dataset.examples["test"], Pass())))[0], verbose=0
    )
    logits = np.concatenate([shown] * 3)[: len(dataset.examples["test"])]
    results = task().judge(lambda split: logits, dataset, None)
    sections = task().sections(results, dataset, model)
    titles = [section.title for section in sections]
    assert titles == [
        "Surest and wrong",
        "Short and long sources",
        "Greedy and beam search",
        "Where it looked",
    ]
    assert all(b"<svg" in picture.svg for picture in sections[-1].blocks)
    empty = np.zeros_like(logits)
    empty[..., 1:] = -9
    results = task().judge(lambda split: empty, dataset, None)
    titles = [s.title for s in task().sections(results, dataset, model)]
    assert "Where it looked" not in titles


def test_generated_kinds():
    """Sums and dates are data by their names, with longer sums to try."""
    made = load_dataset(config("addition", "addition", digits=2, count=60), seed=0)
    assert made.info.target_shape == (6,)  # 9999 + 9999 and the end
    assert list(made.further) == ["two numbers of 3 digits", "two numbers of 4 digits"]
    days = load_dataset(config("dates", "dates", count=60), seed=0)
    assert days.info.target_shape == (11,)
    for kind in ("addition", "dates"):
        report = check_data(config(kind, kind, count=60))
        assert report.usable == 60
        made = plan(report, Machine(minutes=1.0))
        assert made.table["model"]["name"] == NAME


def test_plan(file):
    """Symbols are chosen; a budget changes nothing; too few pairs are refused."""
    report = check_data(config(file))
    free, short = plan(report, Machine()), plan(report, Machine(minutes=0.05))
    assert free == short
    assert "characters" in " ".join(free.reasons)
    few = check_data(config(write(file.parent / "few.tsv", pairs(12))))
    with pytest.raises(DataError, match="holds 12 pairs"):
        plan(few, Machine())


def test_other_data_and_models_are_refused(dataset):
    """A network of texts needs pairs, and the task needs a decoder."""
    info = DataInfo({"image": InputSpec((4, 4, 3))}, (), 3)
    with pytest.raises(ModelError, match="takes pairs of texts"):
        build_model(ModelConfig(name=NAME), info)
    plain = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(ModelError, match="has no decoder"):
        task().learning(plain, dataset.info)


@pytest.mark.slow
def test_served_answers(dataset, model, tmp_path):
    """A SavedModel answers raw strings as the search does, with its attention."""
    exported = Exported(model, dataset.preprocessor, dataset.info)
    signature = signatures(exported)["serving_default"]
    module = tf.Module()
    module.model, module.table = model, dataset.preprocessor._table
    module.answer = compiled(signature)
    tf.saved_model.save(
        module, str(tmp_path / "model"), {"serving_default": module.answer}
    )
    served = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    texts = tf.constant(["red tree 5", "", "blue cloud stone é", "r" * 900])
    answers = {k: v.numpy() for k, v in served(text=texts).items()}
    source = dataset.preprocessor({"text": texts})
    logits = model(source).numpy()
    names = np.array(dataset.preprocessor.names)
    longest = dataset.preprocessor.longest
    assert answers["attention"].shape == (4, 4, longest)
    for row in range(4):
        best = names[logits[row].argmax(-1)]
        text = answers["target"][row].decode()
        assert text == "".join(best)
        assert answers["classes"][row, 0].decode() == text
        shares = answers["probabilities"][row]
        assert (np.diff(shares) <= 1e-7).all()
        assert shares.sum() < 1 + 1e-5
        symbols = [s.decode() for s in answers["rows"][row] if s]
        assert "".join(symbols) == text
        sums = answers["attention"][row].sum(-1)
        given = [s for s in answers["columns"][row] if s]
        if given:
            np.testing.assert_allclose(sums[: len(symbols)], 1, atol=1e-5)
        assert answers["attention"][row, :, len(given) :].sum() == 0
    one = prediction({name: value[0] for name, value in answers.items()})
    assert one.columns["target"] == answers["target"][0].decode()
    assert len(one.columns["others"]) == 2
    asked = tmp_path / "a.txt"
    asked.write_text("red tree\n\nblue\n")
    rows = list(INTERFACE.read(asked, dataset.preprocessor))
    assert rows == [{"text": "red tree"}, {"text": "blue"}]
    table = write(tmp_path / "a.tsv", [("x", "1"), ("y", "2")])
    assert [r["text"] for r in INTERFACE.read(table, None)] == ["x", "y"]
    asked.write_text("\n")
    with pytest.raises(DataError, match="is empty"):
        next(INTERFACE.read(asked, None))
