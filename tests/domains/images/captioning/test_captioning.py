"""Captioners: teaching, search, figures, simple methods, report, exported form."""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.domains.images.captioning.tiny import captions, folder_of
from tfapp.base.errors import ModelError
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.spec import DataInfo, InputSpec, Pass
from tfapp.domains.images.captioning.evaluation.pictures import looking
from tfapp.domains.images.captioning.interface import prediction, signatures
from tfapp.domains.images.captioning.layers.positions import GridPositions
from tfapp.domains.images.captioning.models.parts import (
    decoder_of,
    reader_of,
    taught_model,
    writer_of,
)
from tfapp.domains.images.captioning.preprocessor import text_of, texts_of
from tfapp.domains.images.captioning.task import task
from tfapp.export.signatures import compiled
from tfapp.export.spec import Exported
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.tasks.build import build_model
from tfapp.verbs.explain import explain
from tfapp.verbs.run import run


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Forty photos with captions."""
    folder = folder_of(tmp_path_factory.mktemp("photos"))
    options = {"image_size": [16, 16], "learned_captions": 2}
    data = DataConfig(
        kind="image_captions", path=str(folder), batch_size=8, options=options
    )
    return load_dataset(data, seed=0)


@pytest.fixture(scope="module")
def model(dataset):
    """A small captioner with random weights."""
    keras.utils.set_random_seed(0)
    options = {"filters": [4, 4], "units": 16, "embedding_units": 8, "beams": 3}
    options |= {"dropout_rate": 0.0, "word_dropout": 0.0}
    return build_model(ModelConfig(name="captioner", options=options), dataset.info)


def test_positions():
    """Two channels say how far down and how far right a place lies."""
    places = np.asarray(GridPositions()(np.zeros((2, 3, 5, 1), "float32")))
    assert places.shape == (2, 3, 5, 3)
    np.testing.assert_allclose(places[1, :, 2, 1], [-1, 0, 1])
    np.testing.assert_allclose(places[1, 2, :, 2], [-1, -0.5, 0, 0.5, 1])


def test_texts():
    """Marks and endings follow a word without a space, in the graph as outside."""
    words = "a dog , it 's big ( and doesn n't run ) .".split()
    text = "a dog, it's big ( and doesnn't run)."
    assert text_of(words) == text
    assert texts_of(tf.constant([[*words, "", ""]])).numpy()[0].decode() == text


@pytest.mark.slow
def test_teaching_and_stored_features(dataset, model):
    """All right captions are taught at once, from pictures or from stored grids."""
    images, targets = next(iter(dataset.batches(dataset.examples["train"], Pass())))
    ids = tf.cast(targets, tf.int32)
    taught = taught_model(model)({"image": images, "target": ids})["logits"]
    assert taught.shape == (*ids.shape, dataset.info.num_outputs)
    grid = model.get_layer("convolutions")(images)
    head = taught_model(model.get_layer("head"))({"grid": grid, "target": ids})
    np.testing.assert_allclose(head["logits"], taught, atol=1e-5)
    best, _, weights = writer_of(model)(images, 1)
    again = taught_model(model)({"image": images, "target": best})["logits"]
    for row, own in zip(
        again.numpy()[:, 0].argmax(-1), best.numpy()[:, 0], strict=True
    ):
        end = own.tolist().index(0) + 1 if 0 in own else len(own)
        np.testing.assert_array_equal(row[:end], own[:end])
    np.testing.assert_allclose(weights.numpy().sum(-1), 1, atol=1e-5)
    assert len(reader_of(model)(images)) == 3


@pytest.mark.slow
def test_learned_end_to_end(dataset, model):
    """A few epochs learn the captions; simple methods stand next to the figures."""
    learning = task().learning(model, dataset.info)
    learning.model.compile(keras.optimizers.Adam(1e-2), **learning.compile_arguments())
    for epoch in range(15):
        batches = dataset.batches(
            dataset.examples["train"], Pass(epoch=epoch, shuffle=True)
        )
        for batch in batches:
            learning.model.train_on_batch(*learning.batch(*batch))
    logits = {
        split: model.predict(dataset.batches(own, Pass()), verbose=0)
        for split, own in dataset.examples.items()
    }
    results = task().judge(logits.get, dataset, None)
    assert results.figures["word_accuracy"] > 0.6
    assert {"exact_accuracy", "bleu", "bleu_interval"} <= results.figures.keys()
    names = [baseline.name for baseline in results.baselines]
    assert names == [
        "most frequent caption",
        "caption of the nearest training photo, by pixels",
    ]
    assert results.baselines[1].value > results.baselines[0].value
    grids = {
        split: np.zeros((len(own), 2, 2, 3)) + np.arange(len(own))[:, None, None, None]
        for split, own in dataset.examples.items()
    }
    stored = task().judge(logits.get, dataset, None, grids.get)
    assert stored.baselines[1].name.endswith("by features")


def test_perfect_captions(dataset):
    """Any of the given captions is exact, and counts as fully right."""

    def perfect(split):
        shape = (*dataset.info.target_shape, dataset.info.num_outputs)
        for own in dataset.references(split):
            logits = np.full(shape, -20.0, "float32")
            ids = dataset.preprocessor.target_ids(own[-1])
            logits[np.arange(len(ids)), ids] = -1e-3
            yield logits

    results = task().judge(perfect, dataset, None)
    for key in ("word_accuracy", "exact_accuracy", "bleu"):
        assert results.figures[key] == pytest.approx(1)


def test_colours_apart_from_forms(dataset):
    """One part sees no colour, the other no place beyond its cell of the grid."""
    options = {"filters": [4, 6], "units": 8, "embedding_units": 8}
    name = ModelConfig(name="captioner", options={**options, "colour_apart": True})
    convolutions = build_model(name, dataset.info).get_layer("convolutions")
    random = np.random.default_rng(0)
    image = random.uniform(0, 255, (1, *convolutions.input_shape[1:])).astype("float32")
    swapped = image[..., ::-1]
    one, other = (np.asarray(convolutions(seen)) for seen in (image, swapped))
    assert one.shape[-1] == 12
    np.testing.assert_allclose(one[..., :6], other[..., :6], atol=1e-5)
    assert np.abs(one[..., 6:] - other[..., 6:]).max() > 1e-3
    rows = image.copy()
    rows[:, ::2], rows[:, 1::2] = image[:, 1::2], image[:, ::2]
    moved = np.asarray(convolutions(rows))
    np.testing.assert_allclose(one[..., 6:], moved[..., 6:], atol=1e-5)
    assert np.abs(one[..., :6] - moved[..., :6]).max() > 1e-3


def test_other_data_and_models_are_refused(dataset):
    """A captioner needs captions, and the task needs a decoder."""
    info = DataInfo({"image": InputSpec((16, 16, 3))}, (), 3)
    with pytest.raises(ModelError, match="takes pictures with captions"):
        build_model(ModelConfig(name="captioner"), info)
    plain = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(ModelError, match="has no decoder"):
        task().learning(plain, dataset.info)


@pytest.mark.slow
def test_report_and_exported_answers(dataset, model):
    """Sections and pictures of attention; the graph answers as the model does."""
    batches = dataset.batches(dataset.examples["test"], Pass())
    logits = model.predict(batches, verbose=0)
    results = task().judge(lambda split: logits, dataset, None)
    sections = task().sections(results, dataset, model)
    titles = [section.title for section in sections]
    assert {"Where it looked", "Greedy and beam search"} <= {*titles}
    exported = Exported(
        model, dataset.preprocessor, dataset.info, options={"explain": True}
    )
    forms = signatures(exported)
    raw = [dataset.raw(e)["image_bytes"] for e in dataset.examples["test"]]
    answers = compiled(forms["explain"])(image_bytes=tf.constant(raw))
    answers = {name: value.numpy() for name, value in answers.items()}
    names = np.array(dataset.preprocessor.names)
    for row, best in enumerate(logits.argmax(-1)):
        words = [name for name in names[best[: len(best)]] if name]
        assert answers["caption"][row].decode() == text_of(words)
        assert answers["attention"].shape[1:] == (*dataset.info.target_shape, 4, 4)
        lit = answers["attention"][row].sum((1, 2))
        np.testing.assert_allclose(lit[: len(words)], 1, atol=1e-5)
        assert lit[len(words) :].sum() == 0
        with Image.open(io.BytesIO(answers["explanation_bytes"][row])) as picture:
            width, height = picture.size
        assert width == height * max(1, len(words))
    images = np.concatenate([x for x, _ in batches.as_numpy_iterator()])
    looked = list(looking(model, dataset.preprocessor.names)(images))
    assert [text_of(one.words) for one in looked] == [
        text.decode() for text in answers["caption"]
    ]
    assert all(len(one.places()) == len(one.words) for one in looked)
    one = prediction({name: value[0] for name, value in answers.items()})
    assert one.columns["caption"] == answers["caption"][0].decode()
    assert len(one.columns["others"]) == 2
    assert decoder_of(model).beams == 3


@pytest.mark.nightly
def test_run_with_a_pretrained_network_and_explain(tmp_path, monkeypatch):
    """Grids of features are stored, the head learns, a page shows where it looks."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    tiny = captions(tmp_path / "photos")
    table = tiny.table | {
        "name": "captions",
        "task": "image_captioning",
        "model": {
            "name": "captioner_transfer",
            "options": {"weights": "none", "units": 8, "embedding_units": 4},
        },
        "fine_tune": {"head": {"views": 2, "epochs": 2, "learning_rate": 1e-2}},
    }
    table["data"]["options"] = {"image_size": [64, 64]}
    table["training"] = {"optimizer": "adam"}
    from tfapp import recipes

    places = {"runs_folder": tmp_path / "runs", "reporter": Reporter(quiet=True)}
    made = run(
        recipes.build(table, where="tiny"),
        saved_models=tmp_path / "saved_models",
        **places,
    )
    assert made.results.baselines[1].name.endswith("by features")
    explained = explain("captions", [str(tmp_path / "photos" / "00.png")], **places)
    explained.require_good()
    assert (explained.folder / "explanations.html").stat().st_size > 10_000
    (picture,) = explained.to_json()["pictures"]
    assert len(picture["words"]) == len(picture["places"])
