"""What `fit` chooses for which data, and that it keeps its budget."""

import hashlib
import time
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import ConfigError, DataError, UnknownNameError
from tfapp.base.reporter import Reporter
from tfapp.domains.images.classification import budget, candidates, plan, thawing
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.weight_files import WeightsFile
from tfapp.domains.images.pretrained.weights import load_backbone
from tfapp.verbs import fit

QUIET = Reporter(quiet=True)


def make_photos(folder, counts, size=(120, 100)):
    """Write noise photos, so many of each class."""
    random = np.random.default_rng(0)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = random.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return str(folder)


@pytest.fixture
def no_weights(monkeypatch):
    """A machine without pretrained weights."""
    monkeypatch.setattr(plan, "available_weights", lambda: [])


@pytest.fixture
def mobilenet_only(monkeypatch, tmp_path):
    """A machine with ImageNet weights of MobileNetV2."""
    file = WeightsFile(
        path=tmp_path / "m.h5",
        extractor="mobilenet_v2",
        arguments={},
        output="",
        include_top=False,
        sha256="",
        trained_on="imagenet",
        batch_norm_folded=False,
        source="catalogue",
    )
    monkeypatch.setattr(plan, "available_weights", lambda: [file])


@pytest.mark.slow
def test_photos_with_weights_get_an_extractor(tmp_path, mobilenet_only):
    """Photos of ordinary size are learned by transfer, at a multiple of 32 pixels."""
    path = make_photos(tmp_path / "my photos", {"a": 4, "b": 4})
    made = fit.plan(path, reporter=QUIET)
    assert made.recipe.name == "my_photos"
    assert made.recipe.model.options["extractor"] == "mobilenet_v2"
    size = made.recipe.data.options["image_size"]
    assert size[0] == size[1]
    assert size[0] % 32 == 0
    assert made.recipe.fine_tune.thaw is None
    assert any("typically 120x100" in reason for reason in made.reasons)


def test_many_photos_thaw_the_extractor_as_was_measured(
    tmp_path, mobilenet_only, monkeypatch
):
    """With enough images the last blocks learn: from which layer, at which rate."""
    monkeypatch.setattr(thawing, "LEAST_TO_THAW", 8)
    path = make_photos(tmp_path / "photos", {"a": 4, "b": 4})
    few = fit.plan(path, reporter=QUIET).recipe.fine_tune.thaw
    monkeypatch.setattr(thawing, "ENOUGH_TO_THAW", 8)
    many = fit.plan(path, reporter=QUIET).recipe.fine_tune.thaw
    for thaw, epochs, margin in ((few, 6, 1.0), (many, 4, 0.0)):
        assert (thaw.from_layer, thaw.learning_rate) == ("block_10_expand", 1e-3)
        assert (thaw.epochs, thaw.margin) == (epochs, margin)


@pytest.mark.slow
@pytest.mark.parametrize("extractor", thawing.THAWED_FROM)
def test_every_preferred_extractor_has_the_layer_it_is_thawed_from(extractor):
    """A layer that does not exist would end `fit` after the head was trained."""
    layer, _ = thawing.THAWED_FROM[extractor]
    assert load_backbone(extractor, (96, 96, 3), "none").get_layer(layer)


def test_heads_of_many_images_are_trained_by_gradients(
    tmp_path, mobilenet_only, monkeypatch
):
    """Folds of many thousand images would take minutes."""
    path = make_photos(tmp_path / "photos", {"a": 4, "b": 4})
    few = fit.plan(path, reporter=QUIET).recipe.fine_tune.head
    monkeypatch.setattr(plan, "MOST_EXACT", 7)
    many = fit.plan(path, reporter=QUIET).recipe.fine_tune.head
    assert (few.solver, many.solver) == ("exact", "gradient")


def test_a_class_of_one_image_is_refused(tmp_path, mobilenet_only):
    """It could be learned or tested, never both."""
    path = make_photos(tmp_path / "photos", {"a": 9, "b": 1})
    with pytest.raises(DataError, match="class 'b' has 1 usable images: nothing would"):
        fit.plan(path, reporter=QUIET)


def test_what_comes_with_tfapp_serves_where_nothing_else_is(tmp_path, monkeypatch):
    """Without any other weights ImageNet's MobileNetV2 is taken from the package."""
    monkeypatch.setenv("TFAPP_WEIGHTS", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    path = make_photos(tmp_path / "d", {"a": 4, "b": 4}, size=(400, 300))
    made = fit.plan(path, reporter=QUIET)
    recipe = made.recipe
    assert recipe.model.options["extractor"] == "mobilenet_v2"
    assert recipe.data.options["image_size"] == [288, 288]
    assert made.notes == ()


def test_a_better_network_is_fetched_and_compared(tmp_path, monkeypatch):
    """From a server on this machine; if it fails, a note at the end says so."""
    monkeypatch.setenv("TFAPP_WEIGHTS", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    row = EXTRACTORS[candidates.RIVAL]
    digest = hashlib.sha256(b"weights").hexdigest()
    monkeypatch.setitem(EXTRACTORS, candidates.RIVAL, replace(row, hash=digest))
    path = make_photos(tmp_path / "d", {"a": 4, "b": 4})
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    handler = partial(Files, directory=str(mirror))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("TFAPP_DOWNLOADS", address)
        (note,) = fit.plan(path, reporter=QUIET).notes
        assert note.startswith("efficientnet_v2_b0 was not compared: ")
        assert "404" in note
        (mirror / row.file).write_bytes(b"other weights")
        (note,) = fit.plan(path, reporter=QUIET).notes
        assert "the file received is not it" in note
        assert fit.plan(path, minutes=2, reporter=QUIET).notes == ()
        (mirror / row.file).write_bytes(b"weights")
        made = fit.plan(path, reporter=QUIET)
        server.shutdown()
    assert made.notes == ()
    assert any(name.startswith(candidates.RIVAL) for name in made.rivals)
    assert made.recipe.model.options["extractor"] == "mobilenet_v2"


class Files(SimpleHTTPRequestHandler):
    """Serves the files of a folder and prints nothing."""

    def log_message(self, *_):
        """Print nothing."""


def test_our_own_network_is_used_as_it_serves_best(tmp_path):
    """vgg_small comes with its own weights, pooling and image size."""
    path = make_photos(tmp_path / "d", {"a": 4, "b": 4}, size=(400, 300))
    recipe = fit.plan(path, backbone="vgg_small", reporter=QUIET).recipe
    assert recipe.model.options["weights"] == "tiny_imagenet"
    assert recipe.model.options["pooling"] == "avg_max"
    assert recipe.data.options["image_size"] == [128, 128]


def test_a_network_that_cannot_be_had_gives_way(tmp_path, monkeypatch):
    """The bundled network takes its place; reasons and notes say why."""
    monkeypatch.setenv("TFAPP_WEIGHTS", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("TFAPP_DOWNLOADS", "http://127.0.0.1:9/")
    path = make_photos(tmp_path / "d", {"a": 4, "b": 4})
    made = fit.plan(path, backbone="vgg16", reporter=QUIET)
    assert made.recipe.model.options["extractor"] == "mobilenet_v2"
    (note,) = made.notes
    assert note.startswith("mobilenet_v2 instead of vgg16: ")
    assert "Connection refused" in note
    assert note in made.reasons
    assert (
        "vgg_small" in fit.plan(path, backbone="vgg_small", reporter=QUIET).reasons[2]
    )
    with pytest.raises(UnknownNameError, match="Did you mean 'vgg19'"):
        fit.plan(path, backbone="vgg61", reporter=QUIET)


def test_what_the_user_decides_wins(tmp_path, mobilenet_only):
    """Overrides and epochs stand in the recipe, and the data is read as they say."""
    make_photos(tmp_path / "d", {"a": 4, "b": 4})
    rows = [f"{c}/{i}.png;{c}{c}" for c in "ab" for i in range(4)]
    table = tmp_path / "d" / "labels.csv"
    table.write_text("\n".join(["file;kind", *rows]))
    settings = ["data.options.path_column=file", "data.options.label_column=kind"]
    settings += ["task_options.label_smoothing=0.1", "data.options.resize=pad"]
    made = fit.plan(str(table), settings, epochs=7, reporter=QUIET)
    recipe = made.recipe
    assert recipe.name == "d"
    assert recipe.fine_tune.head.epochs == 7
    assert recipe.task_options == {"label_smoothing": 0.1}
    assert recipe.data.options["resize"] == "pad"
    assert recipe.data.options["label_column"] == "kind"
    assert recipe.data.options["image_size"]
    scratch = fit.plan("digits", epochs=7, reporter=QUIET).recipe
    assert scratch.training.epochs == 7


@pytest.mark.parametrize(
    ("settings", "backbone", "message"),
    [
        (["training.epoch=3"], "", "Did you mean 'epochs'"),
        (["training.epochs=some"], "", "training.epochs"),
        (["training"], "", "must look like"),
        (["data.path=there"], "", "`fit`, which takes DATA"),
        (["data.options.image_sise=3"], "", "Did you mean 'image_size'"),
        (["data.options.label_column=kind"], "", "is for CSV files"),
        ([], "resnet5", "Did you mean 'resnet"),
    ],
)
def test_what_cannot_be_is_refused_before_tensorflow_starts(
    tmp_path, monkeypatch, settings, backbone, message
):
    """Mistakes on the command line cost no seconds."""
    monkeypatch.setattr(fit, "start_tensorflow", lambda *_: None)
    path = make_photos(tmp_path / "d", {"a": 1, "b": 1})
    with pytest.raises(ConfigError, match=message):
        fit.plan(path, settings, backbone=backbone, reporter=QUIET)


def test_a_network_without_effect_is_refused(tmp_path):
    """Forecasters begin with no pretrained network."""
    days = "\n".join(f"2024-01-{d:02d},{d % 7}" for d in range(1, 31))
    (tmp_path / "s.csv").write_text(f"date,value\n{days}\n")
    with pytest.raises(ConfigError, match="no effect on 'recurrent_forecaster'"):
        fit.plan(str(tmp_path / "s.csv"), backbone="vgg16", reporter=QUIET)


def test_photos_without_weights_are_learned_from_scratch(tmp_path, no_weights):
    """Without weights the reasons say what would be far better."""
    made = fit.plan(make_photos(tmp_path / "d", {"a": 4, "b": 4}), reporter=QUIET)
    assert made.recipe.model.name == "small_cnn"
    assert any("tfapp weights fetch" in reason for reason in made.reasons)


@pytest.mark.slow
def test_tiny_pictures_keep_their_size(no_weights):
    """Digits of 8x8 pixels are learned from scratch, in grey, at 8x8."""
    made = fit.plan("digits", reporter=QUIET)
    assert made.recipe.data.options == {"image_size": [8, 8], "channels": 1}
    assert made.recipe.model.name == "small_cnn"


def test_imbalance_is_balanced(tmp_path, mobilenet_only):
    """Classes that differ over threefold get weights."""
    path = make_photos(tmp_path / "d", {"a": 20, "b": 4})
    assert fit.plan(path, reporter=QUIET).recipe.task_options == {
        "class_weights": "balanced"
    }


def test_too_few_images_are_refused(tmp_path, mobilenet_only):
    """Two images of a class cannot be learned from and tested on."""
    path = make_photos(tmp_path / "d", {"a": 2, "b": 2})
    with pytest.raises(DataError, match="4 images of 2 classes are too few"):
        fit.plan(path, reporter=QUIET)


def test_budget_shrinks_images_first(tmp_path, mobilenet_only, monkeypatch):
    """Too little time means smaller images, then fewer of them, and says so."""
    path = make_photos(tmp_path / "d", {"a": 20, "b": 20}, size=(200, 200))
    monkeypatch.setattr(budget, "_seconds_per_image", lambda *_: 0.4)
    made = fit.plan(path, minutes=0.3, reporter=QUIET)
    start = fit.plan(path, reporter=QUIET).recipe.data.options["image_size"][0]
    assert made.recipe.data.options["image_size"][0] < start
    assert made.recipe.data.limit == 0
    monkeypatch.setattr(budget, "_seconds_per_image", lambda *_: 40.0)
    made = fit.plan(path, minutes=0.3, reporter=QUIET)
    assert made.recipe.data.options["image_size"] == [96, 96]
    assert made.recipe.data.limit == 5
    assert sum("budget" in reason for reason in made.reasons) == 3
    assert any("longer than 0.3 min" in reason for reason in made.reasons)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("photos/", "photos"),
        ("/a/b c/d-é.csv", "d-"),
        ("tfds:tf_flowers", "tf_flowers"),
        ("x.npz", "x"),
        ("ants/train/", "ants"),
        ("bees/data/images", "bees"),
        ("wasps/labels.csv", "wasps"),
        ("mosaics:64:/here/birds", "birds"),
        ("///", "model"),
    ],
)
def test_names_are_made_plain(data, name):
    """A run's name is safe as a folder and as a model name."""
    assert fit.name_of(data) == name
    assert fit.name_of(data).isascii()


@pytest.mark.nightly
def test_budget_is_kept_on_real_photos(tmp_path, shared_data, shared_weights):
    """`fit --minutes 2` on 3,600 photos leaves out what does not fit, and learns."""
    began = time.monotonic()
    result = fit.fit(
        str(shared_data / "flowers"),
        minutes=2,
        runs_folder=tmp_path / "runs",
        saved_models=tmp_path / "saved_models",
        reporter=QUIET,
    )
    # Two minutes on a quiet machine; tests beside this one may slow the export down.
    assert time.monotonic() - began < 240
    assert result.metrics["accuracy"] > 0.7
