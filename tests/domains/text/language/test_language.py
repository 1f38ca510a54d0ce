"""Running text: splits, losses, sampling and the answers of an export."""

import dataclasses
import functools
from math import log
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.domains.text.language.tiny import text
from tfapp.base.errors import ConfigError, DataError, ModelError
from tfapp.data import check_data, load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.text.detect import detect
from tfapp.domains.text.language.interface import CONTINUED, draw, signatures
from tfapp.domains.text.language.models.recurrent_language_model import (
    recurrent_language_model,
)
from tfapp.domains.text.language.plan import plan
from tfapp.domains.text.language.results import losses_of
from tfapp.domains.text.language.sections import language_sections
from tfapp.domains.text.language.stepping import Stepper, shares, stream
from tfapp.domains.text.language.task import task
from tfapp.domains.text.language.tree import fit_tree
from tfapp.export.spec import Exported
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.recipes.plan import Machine
from tfapp.tasks.build import build_model
from tfapp.training.inference import answers


def config(path, **options):
    """Return the `[data]` of a text."""
    return DataConfig(
        kind="running_text",
        path=str(path),
        batch_size=4,
        split={"by": "order"},
        options={"window": 16, "look_back": 8, **options},
    )


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Three lines in turns, the last ones to test."""
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_text(text(), encoding="utf-8")
    return load_dataset(config(path), seed=0)


@pytest.fixture(
    scope="module", params=[("lstm", 0), ("gru", 0), ("elman", 0), ("lstm", 4)]
)
def model(request, dataset):
    """A small network of each kind of cell, two layers deep; one with n-grams."""
    keras.utils.set_random_seed(0)
    cell, order = request.param
    options = {"cell": cell, "units": 5, "depth": 2, "embedding_units": 3}
    options["ngram_order"] = order
    name = "recurrent_language_model"
    return build_model(ModelConfig(name=name, options=options), dataset.info)


def test_parts(dataset):
    """Each character is scored once, in its order, and read with those before it."""
    whole, names = text(), dataset.preprocessor.names()
    scored = []
    for split, examples in dataset.examples.items():
        for example in examples:
            stretch = dataset.stretches[example.name]
            scored += range(stretch.scored, stretch.stop)
            back = stretch.scored - 1 - stretch.start
            assert back == (0 if split == "train" else 8)
    assert scored == list(range(1, len(whole)))
    example = dataset.examples["test"][0]
    inputs, targets = next(iter(dataset.batches([example], Pass())))
    stretch = dataset.stretches[example.name]
    read = "".join(names[i] for i in inputs.numpy()[0])
    assert read == whole[stretch.start : stretch.stop - 1]
    np.testing.assert_array_equal(inputs[0, 1:], targets[0, :-1])


def test_losses(dataset):
    """Perfect predictions cost nothing, even ones the logarithm of their number."""
    size = dataset.preprocessor.size
    examples = dataset.examples["test"]
    right = [dataset.answers.at(dataset._rows_of([e]))[0] for e in examples]
    sure = [np.eye(size)[a] * 50 for a in right]
    even = [np.zeros((len(a), size)) for a in right]
    assert max(p.max() for p in losses_of(sure, dataset, "test")) < 1e-9
    for part in losses_of(even, dataset, "test"):
        np.testing.assert_allclose(part, log(size))
    everywhere = {
        split: [np.zeros((32, size)) for _ in part]
        for split, part in dataset.examples.items()
    }
    results = task().judge(everywhere.get, dataset, None)
    assert results.figures["bits_per_character"] == pytest.approx(log(size) / log(2))
    (grams,) = results.baselines
    assert grams.value < log(size)


def test_steps_are_one_long_pass(model, dataset):
    """One character at a time with carried states gives the logits of the whole."""
    ids = np.random.default_rng(0).integers(0, dataset.preprocessor.size, (2, 9))
    stepper, found = Stepper(model), []
    states = stepper.begin(2)
    for column in ids.T:
        logits, states = stepper(tf.constant(column), states)
        found.append(logits)
    np.testing.assert_allclose(np.stack(found, 1), model(ids), atol=1e-5)


def test_shares():
    """Temperature 0 takes the likeliest, `top_k` cuts, others are never drawn."""
    logits = np.array([9.0, 1.0, 3.0, 2.0])
    assert shares(logits, 0.0, 0).tolist() == [0, 0, 1, 0]
    assert (shares(logits, 1.0, 2) > 0).tolist() == [False, False, True, True]
    plain = np.exp([1.0, 3.0, 2.0])
    np.testing.assert_allclose(shares(logits, 1.0, 0)[1:], plain / plain.sum())


def test_streams(model, dataset):
    """The same seed gives the same text, another one another, of the right length."""
    written = [
        "".join(stream(model, dataset.preprocessor, "the ", length=30, seed=seed))
        for seed in (0, 0, 1)
    ]
    assert written[0] == written[1] != written[2]
    assert len(written[0]) == 30
    with pytest.raises(ConfigError, match="temperature and `top_k` of 0 or more"):
        next(stream(model, dataset.preprocessor, "", length=5, temperature=-1.0))


def test_n_grams_stand_beside_the_network(dataset):
    """They are those of the training part, and the report compares all three."""
    network, mixed = (_language_model(dataset, order) for order in (0, 7))
    mixed.get_layer("network").set_weights(network.get_layer("logits").get_weights())
    for layer in ("embedding", "recurrent1"):
        mixed.get_layer(layer).set_weights(network.get_layer(layer).get_weights())

    def judged(model):
        outputs = functools.partial(answers, model, dataset)
        return task().judge(outputs, dataset, None)

    alone, both = judged(network), judged(mixed)
    (grams,) = both.baselines
    loss = "nats_per_character"
    nats = [alone.figures[loss], grams.value, both.figures[loss]]
    # An untrained network is soon believed little.
    assert nats[1] < nats[2] < nats[1] + 0.1 < nats[0]
    assert [s.title for s in language_sections(alone, dataset, network)] == ["Samples"]
    parts, _ = language_sections(both, dataset, mixed)
    figures = [float(figure) for _, figure in parts.blocks[0].rows]
    np.testing.assert_allclose(figures, nats, atol=1e-3)
    ids = np.ones((1, 5), np.int32)
    np.testing.assert_allclose(mixed(ids, training=True), network(ids), atol=1e-5)


def test_n_grams_of_the_validation_part_come_after_training(dataset):
    """The layer has room for them; then it holds those of both parts."""
    model = _language_model(dataset, 4)
    ((layer, weights),) = task().refit(model, dataset)
    whole, own = (
        fit_tree(dataset.text[:end], dataset.info.num_outputs, 4)
        for end in (dataset.ends[1], dataset.ends[0])
    )
    for now, soon, before, after in zip(
        layer.get_weights(),
        weights,
        own.weights(layer.num_nodes),
        whole.weights(layer.num_nodes),
        strict=True,
    ):
        np.testing.assert_array_equal(now, before)
        np.testing.assert_array_equal(soon, after)
    assert len(task().refit(_language_model(dataset, 0), dataset)) == 0


def test_n_grams_are_refused(dataset):
    """Where they are too long, or nothing is there to count them in."""
    with pytest.raises(ModelError, match="or 2 to 7. Received: 8"):
        _language_model(dataset, 8)
    info = dataclasses.replace(dataset.info, start={})
    with pytest.raises(ModelError, match="needs a text"):
        recurrent_language_model(info, ngram_order=3)


def _language_model(dataset, order):
    keras.utils.set_random_seed(0)
    sizes = {"units": 5, "embedding_units": 3, "dropout_rate": 0.0}
    options = sizes | {"ngram_order": order}
    config = ModelConfig(name="recurrent_language_model", options=options)
    return build_model(config, dataset.info)


@pytest.mark.slow
def test_signatures(model, dataset):
    """A row is answered alike alone and among longer ones; 0 is the greedy text."""
    exported = Exported(model, dataset.preprocessor, dataset.info)
    answering = signatures(exported)
    texts = ["the cat", "a", ""]
    together = answering["serving_default"].function(text=tf.constant(texts))
    for row, one in enumerate(texts):
        alone = answering["serving_default"].function(text=tf.constant([one]))
        for name, values in alone.items():
            if values.dtype == tf.float32:
                np.testing.assert_allclose(values[0], together[name][row], atol=1e-5)
    sampled = answering["sample"].function(
        text=tf.constant(texts),
        temperature=tf.constant([0.0, 1.0, 0.5]),
        seed=tf.constant([1, 2, 3], tf.int64),
    )["text"]
    assert [len(t.decode()) for t in sampled.numpy()] == [CONTINUED] * 3
    greedy = stream(
        model, dataset.preprocessor, "the cat", length=CONTINUED, temperature=0.0
    )
    assert sampled.numpy()[0].decode() == "".join(greedy)


def test_draws_follow_the_distribution():
    """Gumbel's trick draws each character as often as softmax has it."""
    logits = tf.tile(tf.constant([[0.0, 1.0, 2.0, 0.0]]), [4000, 1])
    seeds = tf.range(4000, dtype=tf.int64)
    zeros = tf.zeros([4000], tf.int32)
    drawn = tf.function(draw)(logits, tf.ones([4000]), seeds, zeros).numpy()
    expected = np.exp([1.0, 2.0, 0.0]) / np.exp([1.0, 2.0, 0.0]).sum()
    found = np.bincount(drawn, minlength=4)[1:] / 4000
    np.testing.assert_allclose(found, expected, atol=0.03)


def test_refusals_and_plans(tmp_path):
    """A text is found, planned, and refused when it is short, odd or to be shuffled."""
    path = tmp_path / "a.txt"
    path.write_text(text(), encoding="utf-8")
    assert detect(str(path)).task == "character_language_model"
    chosen = plan(check_data(config(path)), Machine())
    assert chosen.table["data"]["split"]["by"] == "order"
    assert chosen.table["data"]["split"]["validation"] == 0.05
    # Of a long text, ten thousand characters before the test choose the epoch.
    long = SimpleNamespace(name="long", facts={"characters": 500_000, "symbols": 60})
    assert plan(long, Machine()).table["data"]["split"]["validation"] == 0.02
    for minutes, units, dropout in ((0, 480, 0.5), (6, 240, 0.5), (2, 240, 0.1)):
        table = plan(long, Machine(minutes=minutes)).table
        options = {"units": units, "dropout_rate": dropout, "ngram_order": 7}
        assert table["model"]["options"] == options
        read = table["training"]["epochs"] * 0.88 * 500_000
        assert read <= Machine(minutes).training_seconds * 25_000 * 1.1
    wrong = DataConfig(kind="running_text", path=str(path))
    with pytest.raises(ConfigError, match="Expected `data.split.by` = 'order'"):
        load_dataset(wrong, seed=0)
    for content, message in (
        (b"short", "holds 5 characters. Expected 1,000 or more"),
        (b" \n", "is empty"),
        (b"\0\1\2" * 500, "Cannot read"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            load_dataset(config(path), seed=0)
