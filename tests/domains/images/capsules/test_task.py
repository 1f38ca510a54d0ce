"""What a capsule network learns, on how many outputs, and what is left of it."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ConfigError, ModelError, UnknownNameError
from tfapp.base.registry import union
from tfapp.domains.images.capsules.models.capsnet import capsnet
from tfapp.domains.images.capsules.models.matrix_capsules import matrix_capsules
from tfapp.domains.images.shapes import image_info
from tfapp.recipes.checks import checked_task
from tfapp.recipes.config import DataConfig, DistillConfig, ModelConfig, Recipe
from tfapp.tasks import get_task
from tfapp.training.distillation import distilled

NAME = "capsule_classification"
RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (4, 8, 8, 1)).astype("float32")
LABELS = np.eye(3, dtype="float32")[[0, 1, 2, 0]]


def tiny(**options):
    """A capsule network of a thousand weights."""
    keras.utils.set_random_seed(0)
    sizes = {"filters": 4, "kernel_size": 3, "capsules": 2, "capsule_dim": 4}
    units = {"class_dim": 4, "decoder_units": (5,)}
    return capsnet(image_info((8, 8, 1), "abc"), **sizes, **(units | options))


def losses(learning):
    """Compile what is trained; return its losses on four images."""
    learning.model.compile(**learning.compile_arguments())
    inputs, targets = learning.batch(IMAGES, LABELS)
    return learning.model.evaluate(inputs, targets, return_dict=True, verbose=0)


def test_the_true_class_is_drawn_in_training():
    """However short its capsule is; the model itself draws the longest."""
    model = tiny()
    learning = get_task(NAME).learning(model, None)
    inputs, targets = learning.batch(IMAGES, LABELS)
    assert set(inputs) == {"image", "label"}
    assert set(targets) == {"presence", "reconstruction"}
    capsules = keras.Model(model.input, model.get_layer("class_capsules").output)
    kept = np.asarray(capsules(IMAGES)) * LABELS[..., None]
    expected = model.get_layer("decoder")(kept.reshape(4, 12))
    drawn = learning.model(inputs)["reconstruction"]
    np.testing.assert_allclose(drawn, expected, atol=1e-5)


def test_total_loss_is_margin_plus_weighted_reconstruction():
    """As the paper adds them."""
    model = tiny()
    task = get_task(NAME, {"reconstruction": 0.01})
    found = losses(task.learning(model, None))
    presence = np.asarray(model(IMAGES)["presence"])
    missed = LABELS * np.maximum(0, 0.9 - presence) ** 2
    imagined = 0.5 * (1 - LABELS) * np.maximum(0, presence - 0.1) ** 2
    margin = (missed + imagined).sum(1).mean()
    inputs, _ = task.learning(model, None).batch(IMAGES, LABELS)
    drawn = np.asarray(task.learning(model, None).model(inputs)["reconstruction"])
    squares = ((IMAGES / 255 - drawn) ** 2).sum((1, 2, 3)).mean()
    assert found["presence_loss"] == pytest.approx(margin, rel=1e-4)
    assert found["reconstruction_loss"] == pytest.approx(0.01 * squares, rel=1e-4)
    assert found["loss"] == pytest.approx(margin + 0.01 * squares, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "decoder"), [({"reconstruction": 0}, (5,)), ({}, ())]
)
def test_without_reconstruction_one_output_is_trained(options, decoder):
    """By choice, or because the network has no decoder."""
    task = get_task(NAME, options)
    learning = task.learning(tiny(decoder_units=decoder), None)
    inputs, targets = learning.batch(IMAGES, LABELS)
    assert set(inputs) == {"image"}
    assert set(targets) == set(learning.model.output) == {"presence"}


def test_what_is_trained_shares_every_weight():
    """And has none of its own, but for the step that the growing margin counts."""
    model = tiny()
    view = get_task(NAME).learning(model, None).model
    assert {id(w) for w in view.weights} == {id(w) for w in model.weights}
    spread = get_task(NAME, {"loss": "spread"})
    view = spread.learning(model, None).model
    assert len(view.weights) == len(model.weights) + 1


def test_spread_loss_is_chosen_by_accuracy():
    """Its margin grows, so a later epoch's loss is larger for the same answers."""
    task = get_task(NAME, {"loss": "spread"})
    assert (task.monitor, task.mode) == ("val_accuracy", "max")
    model = matrix_capsules(image_info((17, 17, 1), "abc"))
    learning = task.learning(model, None)
    inputs, targets = learning.batch(np.zeros((2, 17, 17, 1), "float32"), LABELS[:2])
    assert set(targets) == {"presence", "spread"}
    found = learning.model(inputs)
    assert found["spread"].shape == (2, 4)
    assert learning.model.get_layer("margin").steps == 50_000
    short = get_task(NAME, {"loss": "spread", "margin_steps": 90}).learning(model, None)
    assert short.model.get_layer("margin").steps == 90


def test_a_network_without_capsules_is_refused():
    """With what to use instead."""
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3)(x), name="plain")
    with pytest.raises(ModelError, match="cannot train the model 'plain'"):
        get_task(NAME).learning(model, None)


def test_distillation_is_refused():
    """A teacher's answers are logits, which this task does not learn by."""
    config = DistillConfig(teacher="t")
    with pytest.raises(ConfigError, match="teaches logits alone"):
        distilled(get_task(NAME), config).learning(tiny(), None)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("capsule", {}, r"Unknown task 'capsule'\. .*'capsule_classification'"),
        (NAME, {"lose": 1}, "Unknown option `lose` of task .* Did you mean 'loss'"),
        (NAME, {"loss": "huge"}, "Option `loss` of task"),
        ("image_classification", {"loss": "margin"}, "Unknown option `loss`"),
    ],
)
def test_mistakes_in_a_recipe_are_one_line(name, options, message):
    """Before anything is loaded."""
    with pytest.raises((ConfigError, UnknownNameError), match=message):
        checked_task(
            Recipe(
                task=name,
                task_options=options,
                data=DataConfig(kind="images", path="digits"),
                model=ModelConfig(name="capsnet"),
            )
        )


@pytest.mark.parametrize(
    ("name", "value"), [("reconstruction", -1.0), ("margin_steps", 0)]
)
def test_numbers_that_mean_nothing_are_refused(name, value):
    """With what is expected."""
    with pytest.raises(ConfigError, match=f"`task_options.{name}` must be at least"):
        get_task(NAME, {name: value})


def test_the_task_is_registered():
    """By the name that it gives itself."""
    assert get_task(NAME).name == NAME
    assert NAME in union("TASKS")


@pytest.mark.slow
def test_a_network_without_a_decoder_learns_by_presence_alone():
    """Matrix capsules draw nothing, and the task's defaults train them all the same."""
    model = matrix_capsules(image_info((17, 17, 1), "abc"))
    chosen = get_task("capsule_classification", {"loss": "spread"})
    learning = chosen.learning(model, None)
    assert list(learning.losses) == ["spread"]
    learning.model.compile("adam", **learning.compile_arguments())
    images = np.random.default_rng(0).uniform(0, 255, (2, 17, 17, 1)).astype("float32")
    batch = learning.batch(images, np.eye(3, dtype="float32")[:2])
    assert np.isfinite(learning.model.train_on_batch(*batch)).all()
