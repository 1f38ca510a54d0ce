"""The task: its losses against NumPy, its settings against recipes."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from tfapp import recipes
from tfapp.base.errors import ConfigError, DataError
from tfapp.base.registry import union
from tfapp.domains.images.segmentation.task import OverlapLoss, PixelAccuracy
from tfapp.tasks import get_task


def softmax(logits):
    """Return probabilities, in NumPy."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.fixture
def batch():
    """One-hot answers, logits and weights of two images of 5x4 pixels."""
    rng = np.random.default_rng(0)
    answers = np.eye(3, dtype="float32")[rng.integers(0, 3, (2, 5, 4))]
    logits = rng.normal(0, 2, (2, 5, 4, 3)).astype("float32")
    return answers, logits, rng.uniform(0, 3, (2, 5, 4)).astype("float32")


def learning(**options):
    """Return how the task trains a network of one layer."""
    inputs = keras.Input((5, 4, 3))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    return get_task("image_segmentation", options).learning(model, None)


def loss_of(**options):
    """Return the loss of the task with some options."""
    return learning(**options).losses


def test_weighted_cross_entropy(batch):
    """Without Dice the loss is -log p of the true class, weighed by pixel."""
    answers, logits, weights = batch
    loss = loss_of()
    entropy = -np.log((softmax(logits) * answers).sum(axis=-1))
    assert float(loss(answers, logits)) == pytest.approx(entropy.mean(), rel=1e-5)
    found = float(loss(answers, logits, sample_weight=weights))
    assert found == pytest.approx((weights * entropy).mean(), rel=1e-5)


def test_dice(batch):
    """The other share is 1 - Dice of each image, mean over the classes."""
    answers, logits, _ = batch
    loss = loss_of(dice=0.25)
    shares = softmax(logits)
    common = (shares * answers).sum(axis=(1, 2))
    both = (shares + answers).sum(axis=(1, 2))
    dice = 1 - ((2 * common + 1) / (both + 1)).mean(axis=-1)
    entropy = -np.log((shares * answers).sum(axis=-1)).mean(axis=(1, 2))
    expected = (0.75 * entropy + 0.25 * dice).mean()
    assert float(loss(answers, logits)) == pytest.approx(expected, rel=1e-5)


def test_losses_stay_finite_with_certain_logits(batch):
    """Logits of 1e4 are no trouble: nothing takes the log of a softmax."""
    answers, _, _ = batch
    for options in ({}, {"dice": 0.5}):
        loss = loss_of(**options)
        wrong = (1.0 - answers) * 1e4
        assert np.isfinite(float(loss(answers, wrong)))
        assert float(loss(answers, answers * 1e4)) < 0.01


def test_a_class_that_is_nowhere_costs_nothing():
    """Absent and not predicted: Dice counts it as found."""
    answers = np.eye(3, dtype="float32")[np.zeros((1, 4, 4), int)]
    loss = OverlapLoss(1.0, 0.0)
    assert float(loss(answers, 50.0 * answers)) == pytest.approx(0.0, abs=1e-5)


def test_gradients_of_dice_are_finite(batch):
    """Dice can be trained with from the first step on."""
    import tensorflow as tf

    answers, logits, _ = batch
    with tf.GradientTape() as tape:
        variable = tf.constant(1e3 * logits)
        tape.watch(variable)
        value = OverlapLoss(0.5, 0.1)(answers, variable)
    assert np.isfinite(tape.gradient(value, variable)).all()


def test_a_share_that_is_none():
    """A share above 1 is refused with the key."""
    with pytest.raises(ConfigError, match=r"`task_options.dice` must be in \[0, 1\]"):
        get_task("image_segmentation", {"dice": 1.5})


RECIPE = {
    "task": "image_segmentation",
    "data": {"path": "x", "kind": "masks"},
    "model": {"name": "unet"},
}


def changed(*overrides):
    """Return the recipe with some keys changed."""
    table = RECIPE
    for text in overrides:
        table = recipes.override(table, *recipes.parse_override(text))
    return recipes.build(table, "here")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.kind=images"], "needs `data.kind` = 'masks'. Received: 'images'"),
        (["task=image_classification"], "needs `data.kind` = 'images'"),
        (["task_options.class_weights=balanced"], "Unknown option `class_weights`"),
        (
            ["fine_tune.head.epochs=3"],
            "needs `fine_tune.head.views` = 0: tiles are drawn",
        ),
        (["data.augmentation.mixup=0.2"], "Unknown key `data.augmentation.mixup`"),
        (["data.augmentation.shift_pixels=2"], "key `data.augmentation.shift_pixels`"),
        (["task_options.distill.teacher=other"], "Unknown option `distill`"),
        (["task_options.dise=0.5"], "Did you mean 'dice'?"),
        (["task_options.dice=half"], "Option `dice` of task 'image_segmentation'"),
        (["data.options.tile=3"], "Unknown option `tile` of kind of data 'masks'"),
    ],
)
def test_settings_that_do_not_fit(overrides, message):
    """A recipe is refused before anything starts, with what has to be set."""
    with pytest.raises(ConfigError) as caught:
        changed(*overrides)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_that_fit():
    """Fine-tuning on fresh images, Dice, elastic changes."""
    recipe = changed("fine_tune.head.views=0", "task_options.dice=0.5")
    assert recipe.task_options == {"dice": 0.5}
    assert changed("data.options.elastic=10.0").data.options == {"elastic": 10.0}


def test_every_task_has_its_settings():
    """A new task says which data it takes."""
    tasks = set(union("TASKS"))
    assert set(union("TASK_DATA")) == tasks
    assert set(union("PLANS")) <= tasks


def test_no_test_image_is_an_error():
    """Without a test split no figure is given."""
    dataset = SimpleNamespace(examples={"train": (), "validation": (), "test": ()})
    with pytest.raises(DataError, match="No image is left for the test split"):
        get_task("image_segmentation").evaluate(lambda split: (), dataset, None)


def test_metrics_are_objects():
    """Metrics are never named by text."""
    (metric,) = learning().metrics
    assert isinstance(metric, keras.metrics.CategoricalAccuracy)


@pytest.mark.parametrize("dice", [0.0, 0.25])
def test_pixels_without_a_class_have_no_loss(batch, dice):
    """The loss is that of the others: it does not depend on what is answered there."""
    answers, logits, _ = batch
    known = np.random.default_rng(1).random((2, 5, 4)) < 0.7
    answers = answers * known[..., None]
    loss = loss_of(dice=dice)
    found = float(loss(answers, logits))
    other = np.where(known[..., None], logits, 9.0)
    assert float(loss(answers, other)) == pytest.approx(found, rel=1e-6)
    if not dice:
        entropy = -np.log((softmax(logits) * answers).sum(axis=-1)[known])
        assert found == pytest.approx(entropy.mean(), rel=1e-5)


def test_pixels_without_a_class_count_in_no_accuracy(batch):
    """Right answers are counted among the others alone, with and without weights."""
    answers, logits, weights = batch
    known = np.random.default_rng(1).random((2, 5, 4)) < 0.7
    right = (logits.argmax(-1) == answers.argmax(-1))[known]
    metric = PixelAccuracy()
    metric.update_state(answers * known[..., None], logits)
    assert float(metric.result()) == pytest.approx(right.mean(), rel=1e-6)
    metric.reset_state()
    metric.update_state(answers * known[..., None], logits, weights)
    expected = np.average(right, weights=weights[known])
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)
