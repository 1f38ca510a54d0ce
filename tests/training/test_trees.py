"""Batches that are dicts, whose inputs differ in length, whose targets are several."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.conftest import NoPreprocess
from tests.training.speed.test_precision import make_recipe
from tfapp.base.reporter import Reporter
from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.spec import DataInfo, Example, InputSpec
from tfapp.recipes.config import RuntimeConfig, TrainingConfig
from tfapp.tasks import get_task
from tfapp.training.inference import answers, predict, seconds_per_input, stream
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.phase import Phase, PhasePlan, RunSetup, epochs_of
from tfapp.training.speed.precision.trial import Network, Trial
from tfapp.training.speed.precision.work import Work, sample_identity
from tfapp.training.transfer.features import FeatureStore
from tfapp.training.transfer.row_passes import RowPasses
from tfapp.training.transfer.stored import validation_batches
from tfapp.training.trees import filled, first_rows, num_rows, row_forms

LENGTHS = (3, 7, 5)
BATCH = 4


def network():
    """A network of two named inputs, one of any length, with batch normalisation."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), name="ids", dtype="int32")
    scale = keras.Input((1,), name="scale")
    x = keras.layers.Embedding(6, 8)(ids)
    x = keras.layers.Conv1D(8, 3, padding="same")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    x = keras.layers.Concatenate()([x, scale])
    logits = keras.layers.Dense(2, name="logits")(x)
    return keras.Model({"ids": ids, "scale": scale}, logits)


def batch(number):
    """Return one batch: ids of class 0 are below 3, those of class 1 are not."""
    random = np.random.default_rng(number)
    classes = random.integers(0, 2, BATCH - (number == len(LENGTHS) - 1))
    shape = (len(classes), LENGTHS[number])
    ids = random.integers(0, 3, shape) + 3 * classes[:, None]
    inputs = {"ids": ids.astype("int32"), "scale": np.ones((len(classes), 1), "f4")}
    return inputs, np.eye(2, dtype="float32")[classes]


class Sentences:
    """Passes over three batches of different length, the last one smaller."""

    steps = len(LENGTHS)

    def __call__(self, epoch, skip=0):
        """Return the batches, those before `skip` left out."""
        inputs = {
            "ids": tf.TensorSpec((None, None), tf.int32),
            "scale": tf.TensorSpec((None, 1), tf.float32),
        }
        batches = tf.data.Dataset.from_generator(
            lambda: map(batch, range(skip, self.steps)),
            output_signature=(inputs, tf.TensorSpec((None, 2), tf.float32)),
        )
        left = tf.data.experimental.assert_cardinality(self.steps - skip)
        return batches.apply(left)


@pytest.mark.slow
def test_a_network_of_two_inputs_learns_from_any_length(tmp_path):
    """Named inputs, whole numbers among them, and batches of three lengths."""
    task, training = get_task("image_classification"), TrainingConfig()
    setup = RunSetup(task, None, training, RuntimeConfig())
    plan = PhasePlan("train", 12, 0.02)
    workload = epochs_of(Phase(plan, network(), Sentences(), Sentences()(0)), setup)
    history = TrainingLoop(tmp_path, Reporter(quiet=True)).run(workload, "train")
    assert history.epochs[history.best_epoch - 1]["val_accuracy"] == 1.0


def test_answers_come_in_order_whatever_the_length():
    """Each batch is answered as it is; the filled last one gives no row too many."""
    model = network()
    pieces = list(stream(model, Sentences()(0)))
    assert [len(piece) for piece in pieces] == [4, 4, 3]
    for number, piece in enumerate(pieces):
        expected = model(batch(number)[0], training=False)
        np.testing.assert_allclose(piece, expected, atol=1e-5)
    np.testing.assert_allclose(
        predict(model, Sentences()(0), 11), np.concatenate(pieces), atol=1e-5
    )


def labels_per_letter():
    """A dataset of words of one to four letters, with a class for every letter."""
    words = [np.arange(n, dtype="int32") % 3 for n in (4, 1, 3, 2, 2)]
    names = [f"word {i}" for i in range(len(words))]
    return ArrayDataset(
        info=DataInfo({"ids": InputSpec((None,), "int32")}, (None,), 3),
        examples={"test": tuple(Example(name, "test") for name in names)},
        preprocessor=None,
        names=names,
        inputs={"ids": Column(words)},
        answers=Column(words, padding=-1),
        read=None,
        batch_size=2,
        one_hot=True,
    )


def test_answers_that_differ_in_length_come_one_by_one():
    """Each is padded as its batch was; their places are those of the examples."""
    dataset = labels_per_letter()
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, keras.layers.Embedding(3, 3, "identity")(ids))
    told = []
    found = list(answers(model, dataset, "test", lambda *done: told.append(done)))
    assert [len(answer) for answer in found] == [4, 4, 3, 3, 2]
    words = dataset.targets(dataset.examples["test"])
    for answer, word in zip(found, words, strict=True):
        np.testing.assert_array_equal(answer[: len(word)].argmax(axis=1), word)
    assert told[-1] == (5, 5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1, 0]), [[0, 1, 0], [1, 0, 0]]),
        (np.array([[0.5, 2.0, 1.0], [1.0, 0.0, 3.0]]), [[0.5, 2, 1], [1, 0, 3]]),
    ],
)
def test_targets_of_stored_rows_are_those_of_batches(values, expected, tmp_path):
    """Classes become one-hot rows, numbers stay what they are."""
    dataset = ArrayDataset(
        info=DataInfo({"x": InputSpec((2,))}, (), 3),
        examples={"validation": (Example("b"), Example("a"))},
        preprocessor=NoPreprocess(),
        names=["a", "b"],
        inputs={"x": Column(np.eye(2, dtype="float32"))},
        answers=Column(values[::-1]),
        read=None,
        batch_size=2,
    )
    inputs = keras.Input((2,))
    part = keras.Model(inputs, keras.layers.Rescaling(1.0)(inputs))
    store = FeatureStore(part, dataset, tmp_path, lambda *done: None)
    ((_, targets),) = validation_batches(store, 2)
    np.testing.assert_allclose(targets, expected)


def test_a_batch_of_several_inputs_is_timed():
    """By the seconds of one of its examples."""
    assert 0 < seconds_per_input(network(), batch(0)[0]) < 1


def test_precision_is_tried_on_several_inputs():
    """The first steps are finite, and the sample's identity follows every input."""
    recipe, task = make_recipe(tune=False), get_task("image_classification")
    work = Work(recipe, task, None, *batch(1), 0, 10)
    steps = Trial(work, Network(work, "float32", network), False).take_first_steps()
    assert np.isfinite(steps.losses).all()
    assert num_rows(work.first(2).inputs) == 2
    inputs, targets = batch(1)
    other = {**inputs, "scale": inputs["scale"] * 2}
    changed = Work(recipe, task, None, other, targets, 0, 10)
    assert sample_identity(changed) != sample_identity(work)


@pytest.mark.parametrize("epoch", [None, 0, 1])
def test_targets_of_stored_rows_may_be_several(epoch):
    """Every target stays with its row, shuffled or not."""
    rows = np.arange(10, dtype="float32")[:, None]
    targets = {"double": rows * 2, "whole": np.arange(10)}
    passes = RowPasses([rows], targets, 4, 0)
    assert passes.steps == 3
    count = 0
    for found, held in passes.in_order() if epoch is None else passes(epoch):
        np.testing.assert_array_equal(held["double"], found * 2)
        np.testing.assert_array_equal(held["whole"], found[:, 0])
        count += len(found)
    assert count == 10


def test_trees():
    """The first rows, a batch filled up by its last row, and what a row looks like."""
    tree = {"a": tf.constant([[1, 2], [3, 4]]), "b": tf.constant([5.0, 6.0])}
    assert num_rows(tree) == 2
    assert num_rows(first_rows(tree, 1)) == 1
    assert filled(tree, 2) is tree
    full = filled(tree, 4)
    np.testing.assert_array_equal(full["a"], [[1, 2], [3, 4], [3, 4], [3, 4]])
    np.testing.assert_array_equal(full["b"], [5, 6, 6, 6])
    numbers = {"a": np.zeros((2, 3), "int32"), "b": np.zeros(2, "float32")}
    assert row_forms(numbers) == [([3], "int32"), ([], "float32")]
