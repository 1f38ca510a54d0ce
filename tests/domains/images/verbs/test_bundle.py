"""A run's extractor as a weight file that other recipes find."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ConfigError, ExportError
from tfapp.base.reporter import Reporter
from tfapp.domains.images.pretrained.bundle import backbone_of, write_rounded
from tfapp.domains.images.pretrained.weight_files import read_catalogue
from tfapp.domains.images.pretrained.weights import load_backbone
from tfapp.domains.images.verbs import bundle as verb
from tfapp.domains.images.verbs.bundle import bundle
from tfapp.verbs.run import run

OPTIONS = (
    'model={name="transfer",options={extractor="vgg_small",weights="none",'
    "standardize=false}}"
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of vgg_small on a few digits."""
    folder = tmp_path_factory.mktemp("trained")
    patch = pytest.MonkeyPatch()
    patch.setenv("TFAPP_CACHE", str(folder / "cache"))
    run(
        "digits",
        [
            OPTIONS,
            "training.epochs=1",
            "data.limit=4",
            "data.options={image_size=[32,32],channels=3}",
            "data.augmentation={}",
            "runtime.precision=float32",
        ],
        runs_folder=folder / "runs",
        saved_models=folder / "saved_models",
        reporter=Reporter(quiet=True),
    )
    patch.undo()
    return folder / "runs"


@pytest.mark.nightly
def test_the_file_is_found_by_recipes(trained, tmp_path, monkeypatch):
    """Weights, table and card appear; a recipe takes them by name."""
    path = bundle(
        "digits/1",
        tmp_path,
        trained_on="digits",
        licence="mine",
        runs_folder=trained,
        reporter=Reporter(quiet=True),
    )
    assert path == tmp_path / "vgg_small.f16.weights.h5"
    (entry,) = read_catalogue(tmp_path)
    assert (entry.extractor, entry.trained_on) == ("vgg_small", "digits")
    card = (tmp_path / "vgg_small.md").read_text(encoding="utf-8")
    assert entry.sha256 in card
    assert "| licence | mine |" in card
    assert path.stat().st_size < 2.1 * 4_671_712 + 200_000
    monkeypatch.setenv("TFAPP_WEIGHTS", str(tmp_path))
    stored = load_backbone("vgg_small", (32, 32, 3), "digits")
    model = keras.models.load_model(trained / "digits" / "1" / "model.keras")
    expected = model.get_layer("extractor").get_layer("backbone")
    for found, weight in zip(stored.get_weights(), expected.get_weights(), strict=True):
        kernel = weight.ndim > 1
        np.testing.assert_allclose(found, weight, rtol=1e-3 if kernel else 0, atol=1e-7)


@pytest.mark.nightly
def test_keeps_the_entries_of_other_files(trained, tmp_path):
    """A second bundle replaces its own entry and no other."""
    other = (
        '[[weights]]\nfile = "o.h5"\nextractor = "vgg16"\narguments = { alpha = 1.0 }'
    )
    (tmp_path / "weights.toml").write_text(other)
    for _ in range(2):
        bundle(
            "digits",
            tmp_path,
            trained_on="digits",
            runs_folder=trained,
            reporter=Reporter(quiet=True),
        )
    first, second = read_catalogue(tmp_path)
    assert (first.file, first.arguments) == ("o.h5", {"alpha": 1.0})
    assert second.extractor == "vgg_small"


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["", "two words", "imagenet", "none"])
def test_refuses_names_that_recipes_could_not_use(name, trained, tmp_path):
    """The name becomes an option's value."""
    with pytest.raises(ConfigError, match="`trained_on` must be one word"):
        bundle("digits", tmp_path, trained_on=name, runs_folder=trained)


def test_refuses_a_run_without_an_extractor(workspace, tmp_path):
    """A network of another kind has nothing to share."""
    with pytest.raises(ConfigError, match="its model is 'small_cnn'"):
        bundle("digits", tmp_path, trained_on="x", runs_folder=workspace[0] / "runs")


@pytest.mark.nightly
def test_leaves_nothing_if_rounding_costs_too_much(trained, tmp_path, monkeypatch):
    """The file appears only after it was read back and judged."""
    monkeypatch.setattr(verb, "MOST_LOST", -2.0)
    with pytest.raises(ExportError, match="in float16 have an accuracy of"):
        bundle("digits", tmp_path / "to", trained_on="x", runs_folder=trained)
    assert not list((tmp_path / "to").glob("*"))


def test_vectors_are_not_rounded(tmp_path):
    """Variances above the range of float16 survive."""
    inputs = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(2, 1, use_bias=False)(inputs)
    network = keras.Model(inputs, keras.layers.BatchNormalization()(x))
    network.layers[-1].moving_variance.assign([1e9, 1e-9])
    path = tmp_path / "n.weights.h5"
    write_rounded(network, path)
    network.layers[-1].moving_variance.assign([0.0, 0.0])
    network.load_weights(path)
    np.testing.assert_array_equal(
        network.layers[-1].moving_variance, np.float32([1e9, 1e-9])
    )


def test_names_a_model_of_another_kind():
    """A model without an extractor is one clear line."""
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="plain")
    with pytest.raises(Exception, match="'plain' has no extractor"):
        backbone_of(model, "vgg_small", "")
