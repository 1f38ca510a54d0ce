"""Losses, figures and floors of sentence labelling, on answers made by hand."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.domains.text.labelling.tiny import iob_lines, small_model
from tfapp.base.errors import DataError, ModelError
from tfapp.data import load_dataset
from tfapp.data.spec import DataInfo, InputSpec, Pass
from tfapp.domains.text.labelling.evaluation.results import METRICS
from tfapp.domains.text.labelling.interface import prediction, signatures
from tfapp.domains.text.labelling.losses import PathLoss, TagLoss, TokenAccuracy
from tfapp.domains.text.labelling.task import task
from tfapp.export.spec import Exported
from tfapp.layers.outputs import logits_model
from tfapp.problems.classification.calibration import softmax
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.tasks.build import build_model
from tfapp.tasks.spec import no_features

IDS = np.array([[[0, 2], [1, 2]], [[1, 3], [-1, 3]]])


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """The tiny utterances."""
    path = iob_lines(tmp_path_factory.mktemp("iob") / "a.iob")
    config = DataConfig(kind="tagged_sentences", path=str(path), batch_size=8)
    return load_dataset(config, seed=0)


def perfect(dataset, split, wrong=()):
    """Yield logits that are right, but for the first tag of some sentences."""
    labels = {name: i for i, name in enumerate(dataset.info.labels)}
    for number, sentence in enumerate(dataset.of(split)):
        rows = np.zeros((len(sentence.tokens) + 2, len(labels)), np.float32)
        for place, tag in enumerate(sentence.tags):
            rows[place, labels[tag]] = 5
        rows[:, labels[f"intent={sentence.intent}"]] = 5
        if number in wrong:
            rows[0] = 0
            rows[0, labels["B-city"]] = 9
            rows[0, labels["intent=question"]] = 9
        yield rows


def test_tag_loss():
    """Mean cross-entropy of known tokens, plus that of the intents, by NumPy."""
    logits = np.random.default_rng(0).normal(size=(2, 2, 4)).astype("float32")
    tags, intents = softmax(logits[..., :2]), softmax(logits[:, 0, 2:])
    picked = [tags[0, 0, 0], tags[0, 1, 1], tags[1, 0, 1]]
    expected = (
        -np.log(picked).mean() - 0.5 * np.log([intents[0, 0], intents[1, 1]]).mean()
    )
    loss = TagLoss(2, intent_weight=0.5)(IDS, logits)
    assert float(loss) == pytest.approx(expected, abs=1e-5)
    plain = TagLoss(2)(IDS[..., 0], logits[..., :2])
    assert float(plain) == pytest.approx(-np.log(picked).mean(), abs=1e-5)


def test_path_loss():
    """Without transitions, paths are as likely as their tokens together."""
    from tfapp.domains.text.labelling.layers.crf import ConditionalRandomField

    layer = ConditionalRandomField(2)
    layer.build(None)
    logits = np.random.default_rng(0).normal(size=(2, 2, 4)).astype("float32")
    losses = [PathLoss(layer, 2)(IDS, logits), TagLoss(2)(IDS, logits)]
    assert float(losses[0]) == pytest.approx(float(losses[1]), abs=1e-5)


def test_token_accuracy():
    """Padding does not count."""
    metric = TokenAccuracy(2)
    logits = np.zeros((2, 2, 4), "float32")
    logits[..., 1] = 1
    metric.update_state(IDS, logits)
    assert float(metric.result()) == pytest.approx(2 / 3)


def test_figures(dataset):
    """Two wrong tags among the test sentences, in every figure that they move."""
    count = len(dataset.examples["test"])
    tokens = sum(len(s.tokens) for s in dataset.of("test"))
    spans = sum(t.startswith("B-") for s in dataset.of("test") for t in s.tags)
    outputs = partial(perfect, dataset, wrong=(0, 2))
    metric = METRICS["spans"]
    judged = task(score="spans")
    results = judged.judge(outputs, dataset, None, no_features)
    figures = results.figures
    assert figures["token_accuracy"] == pytest.approx(1 - 2 / tokens)
    assert figures["span_f1"] == pytest.approx(2 * spans / (2 * spans + 2))
    assert figures["sentence_accuracy"] == pytest.approx(1 - 2 / count)
    intents = [s.intent for s in dataset.of("test")]
    missed = sum(intents[i] != "question" for i in (0, 2))
    assert figures["intent_accuracy"] == pytest.approx(1 - missed / count)
    low, high = figures["span_f1_interval"]
    assert low < figures["span_f1"] < high
    assert figures["confusions"][0] == {
        "right": "O",
        "answered": "B-city",
        "count": 2,
        "words": ["the"],
    }
    assert results.metric == metric
    rows = [(float(r[2]), float(r[3])) for r in results.scores.rows]
    pooled = sum(s * w for s, w in rows) / sum(w for _, w in rows)
    assert pooled == pytest.approx(figures["span_f1"])
    assert {b.name for b in results.baselines} == {
        "most frequent tag of the word",
        "linear tagger",
    }
    linear = results.baselines[1]
    assert linear.value > 0.95
    assert linear.margin[0] <= figures["span_f1"] - linear.value <= linear.margin[1]


def test_sections(dataset):
    """The report names the surest mistake and times the network."""
    judged = task()
    results = judged.judge(partial(perfect, dataset, wrong=(1,)), dataset, None)
    model = build_model(ModelConfig(**small_model()), dataset.info)
    sections = {s.title: s for s in judged.sections(results, dataset, model)}
    assert "tokens a second" in sections["Speed"].lead
    ((head, text),) = sections["Surest and wrong"].blocks[0].items
    assert head.startswith("B-city")
    assert "»the«" in text


def test_refusals(dataset, tmp_path):
    """No test sentence, and spans of tags that mark none."""
    none = replace(dataset, examples={**dataset.examples, "test": ()})
    with pytest.raises(DataError, match="No sentence is left for the test split"):
        task().judge(partial(perfect, none), none, None)
    path = tmp_path / "a.conll"
    path.write_text("a\tX\nb\tY\n\n" * 10 + "c\tX\nb\tY\n\n" * 10 + "d\tX\nb\tY\n\n")
    config = DataConfig(kind="tagged_sentences", path=str(path), batch_size=8)
    plain = load_dataset(config, seed=0)
    with pytest.raises(DataError, match="needs tags such as B-city"):
        task(score="spans").judge(lambda split: [], plain, None)
    info = DataInfo({"image": InputSpec((8, 8, 3))}, (), 2)
    with pytest.raises(ModelError, match="recurrent_tagger takes tagged sentences"):
        build_model(ModelConfig(name="recurrent_tagger"), info)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"crf": True}, {"cell": "gru", "wide": False}])
def test_learns(dataset, options):
    """Each network learns the tiny sentences, and padding changes no answer."""
    keras.utils.set_random_seed(0)
    model = build_model(ModelConfig(**small_model(**options)), dataset.info)
    learning = task().learning(model, dataset.info)
    model.compile(keras.optimizers.Adam(0.03), **learning.compile_arguments())
    train = dataset.examples["train"]
    for epoch in range(8):
        which = Pass(epoch=epoch, shuffle=True)
        batches = dataset.batches(train, which).map(learning.batch)
        model.fit(batches, shuffle=False, verbose=0)
    scores = model.evaluate(
        dataset.batches(dataset.examples["test"], Pass()).map(learning.batch),
        verbose=0,
        return_dict=True,
    )
    (accuracy,) = (value for name, value in scores.items() if "accuracy" in name)
    assert accuracy > 0.9
    inputs, _ = next(iter(dataset.batches(train[:1], Pass()).as_numpy_iterator()))
    padded = {
        name: np.pad(v, [(0, 0), (0, 3)] + [(0, 0)] * (v.ndim - 2))
        for name, v in inputs.items()
    }
    answers = [model(x) for x in (inputs, padded)]
    one, other = (a["logits"] if isinstance(a, dict) else a for a in answers)
    length = one.shape[1]
    np.testing.assert_allclose(one, np.asarray(other)[:, :length], atol=1e-4)


def test_answers(dataset):
    """Raw sentences, none, long ones and bytes that are no text are answered."""
    model = build_model(ModelConfig(**small_model(crf=True)), dataset.info)
    exported = Exported(logits_model(model), dataset.preprocessor, dataset.info)
    function = signatures(exported)["serving_default"].function
    long = " ".join(["the cat"] * 2500)
    answers = function(text=tf.constant(["", "the cat runs.", long, b"\xff\xfe \xf0"]))
    tokens = answers["tokens"].numpy()
    assert [int((row != b"").sum()) for row in tokens] == [0, 4, 5000, 2]
    tags = answers["tags"].numpy()
    assert ((tags == b"") == (tokens == b"")).all()
    assert set(answers["intent"].numpy()) <= {b"report", b"question"}
    alone = function(text=tf.constant(["the cat runs."]))
    np.testing.assert_array_equal(alone["tags"][0], tags[1, :4])
    row = {name: value.numpy()[0] for name, value in alone.items()}
    answer = prediction(row)
    assert answer.columns["tokens"] == ["the", "cat", "runs", "."]
    assert answer.text.startswith(answer.columns["intent"])
    empty = function(text=tf.constant([""]))
    assert prediction({n: v.numpy()[0] for n, v in empty.items()}).columns["tags"] == []
