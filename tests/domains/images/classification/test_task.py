"""How networks with auxiliary heads, and with the loss of 1998, learn."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.images.classification.layers.rejection_loss import RejectionLoss
from tfapp.domains.images.classification.task import task

INFO = DataInfo({"image": InputSpec((4,))}, (), 3, tuple("abc"))
LABELS = np.eye(3, dtype="float32")[[0, 2]]


def network(*heads):
    """Return a network of a dense layer per head, all over the same four numbers."""
    inputs = keras.Input((4,), name="image")
    outputs = {name: keras.layers.Dense(3, name=name)(inputs) for name in heads}
    return keras.Model(inputs, outputs)


def loss_of(learning, images):
    """Return the loss that a network is trained by."""
    learning.model.compile("sgd", **learning.compile_arguments())
    inputs, targets = learning.batch(images, LABELS)
    return learning.model.evaluate(inputs, targets, verbose=0, return_dict=True)["loss"]


def test_auxiliary_heads_count_by_their_weight():
    """The loss is that of the logits plus 0.3 times that of each auxiliary head."""
    model = network("logits", "auxiliary_1", "auxiliary_2", "something_else")
    images = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    losses = {}
    for name, logits in model(images).items():
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        losses[name] = float(loss(LABELS, logits))
    learning = task().learning(model, INFO)
    assert learning.main == "logits"
    expected = losses["logits"] + 0.3 * (losses["auxiliary_1"] + losses["auxiliary_2"])
    assert loss_of(learning, images) == pytest.approx(expected, rel=1e-5)
    alone = task(auxiliary_weight=0.0).learning(model, INFO)
    assert not alone.main
    assert loss_of(alone, images) == pytest.approx(losses["logits"], rel=1e-5)


def test_loss_of_1998():
    """`rejection_penalty` puts the paper's loss in the place of cross-entropy."""
    learning = task(rejection_penalty=5.0, label_smoothing=0.1).learning(
        network("logits"), INFO
    )
    assert isinstance(learning.losses, RejectionLoss)
    assert (learning.losses.penalty, learning.losses.label_smoothing) == (5.0, 0.1)


@pytest.mark.parametrize("name", ["auxiliary_weight", "rejection_penalty"])
def test_negative_weights_are_refused(name):
    """One line names the option."""
    with pytest.raises(ConfigError, match=f"`task_options.{name}` must be at least 0"):
        task(**{name: -1.0})


@pytest.mark.nightly
def test_a_run_with_auxiliary_heads(tmp_path):
    """Three heads are trained, one answers; the report shows the first filters."""
    from tfapp.verbs.run import run

    result = run(
        "digits",
        [
            "training.epochs=1",
            "data.limit=20",
            "data.options.image_size=[16,16]",
            "model.name=inception_v1",
            "model.options={width=0.0625,strides=1,kernel_size=3}",
            "task_options.auxiliary_weight=0.5",
        ],
        runs_folder=tmp_path / "runs",
        saved_models=tmp_path / "saved_models",
        reporter=Reporter(quiet=True),
    )
    assert 0.0 <= result.metrics["accuracy"] <= 1.0
    assert "Filters of the first layer" in result.report.read_text(encoding="utf-8")
    model = keras.saving.load_model(result.folder / "model.keras")
    assert set(model.output) == {"logits", "auxiliary_1", "auxiliary_2"}
