"""The kernel ridge regression: against scikit-learn's, by itself and as a layer."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge as Reference

from tests.domains.audio.recordings import class_folders
from tfapp.base.errors import ModelError
from tfapp.data import load_dataset
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.audio.classification.kernel_ridge import (
    SHARPNESSES,
    kernel_ridge,
)
from tfapp.domains.audio.classification.models.audio_cnn import audio_cnn
from tfapp.domains.audio.classification.task import task
from tfapp.domains.audio.layers.kernel_ridge import KernelRidge
from tfapp.layers.logistic_regression import log_loss
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.tasks.build import build_model

RNG = np.random.default_rng(0)
ROWS = RNG.uniform(-1, 1, (300, 2))
LABELS = (ROWS[:, 0] * ROWS[:, 1] > 0).astype(int)
PARTS = (np.split(values, (150, 200)) for values in (ROWS, LABELS))
TRAIN, HELD, TEST = zip(*PARTS, strict=True)


def test_it_separates_what_no_line_does():
    """Held-out rows choose width, penalty and sharpness."""
    solution = kernel_ridge(TRAIN, HELD, 2)
    scores = solution.scores(TEST[0])
    assert (scores.argmax(axis=1) == TEST[1]).mean() > 0.9
    held = solution.scores(HELD[0])
    losses = [log_loss(s * held, HELD[1]).mean() for s in SHARPNESSES]
    assert solution.sharpness == SHARPNESSES[int(np.argmin(losses))]


@pytest.mark.parametrize("held", [HELD, None])
def test_scores_are_those_of_scikit_learn(held):
    """For the width and the penalty that were chosen, or the usual ones."""
    solution = kernel_ridge(TRAIN, held, 2)
    model = Reference(alpha=solution.penalty, kernel="rbf", gamma=1 / solution.scale)
    model.fit(TRAIN[0], np.eye(2)[TRAIN[1]] - 0.5)
    np.testing.assert_allclose(
        solution.scores(TEST[0]), model.predict(TEST[0]), atol=1e-5
    )


def test_the_layer_gives_the_logits():
    """With room for more rows; in training nothing."""
    solution = kernel_ridge(TRAIN, HELD, 2)
    layer = KernelRidge(200, 2)
    layer.build((None, 2))
    layer.set_weights(solution.layer_weights(200))
    expected = solution.sharpness * solution.scores(TEST[0])
    np.testing.assert_allclose(layer(TEST[0]), expected, atol=2e-3)
    np.testing.assert_array_equal(layer(TEST[0], training=True), np.zeros((100, 2)))


def test_other_rows_by_the_same_kernel():
    """As scikit-learn's on all of them."""
    both = tuple(np.concatenate(pair) for pair in zip(TRAIN, HELD, strict=True))
    solution = kernel_ridge(TRAIN, HELD, 2).fitted_again(both)
    model = Reference(alpha=solution.penalty, kernel="rbf", gamma=1 / solution.scale)
    model.fit(both[0], np.eye(2)[both[1]] - 0.5)
    np.testing.assert_allclose(
        solution.scores(TEST[0]), model.predict(TEST[0]), atol=1e-5
    )


def test_next_to_a_network(tmp_path):
    """The whole begins with the ridge; after training validation rows count too."""
    path = class_folders(tmp_path / "tones")
    data = DataConfig(kind="recordings", path=str(path), options={"speakers": "mixed"})
    dataset = load_dataset(data, seed=0)
    options = {"filters": [4], "units": 8, "bands": 10, "ridge": 0.25}
    model = build_model(ModelConfig(name="audio_cnn", options=options), dataset.info)
    (rows, labels), held = (dataset.spectra(s) for s in ("train", "validation"))
    waveforms = dataset.inputs["waveform"].values[dataset.rows("train")]
    outputs = model(waveforms)
    logits = dataset.ridge.sharpness * dataset.ridge.scores(rows)
    np.testing.assert_allclose(outputs["logits"], logits / 4, atol=2e-3)
    np.testing.assert_array_equal(outputs["network"], np.zeros_like(logits))
    assert (logits.argmax(axis=1) == labels).mean() > 0.9
    ((layer, weights),) = task().refit(model, dataset)
    assert layer.num_rows == len(rows) + len(held[0])
    np.testing.assert_array_equal(weights[0], np.concatenate([rows, held[0]]))
    assert weights[1][len(rows) :].any()
    assert not layer.get_weights()[1][len(rows) :].any()


@pytest.mark.parametrize(("start", "share"), [({}, 0.5), ({"kernel_ridge": 0}, 1.0)])
def test_what_cannot_stand_beside(start, share):
    """Without recordings, or with nothing left for the network."""
    info = DataInfo({"waveform": InputSpec((800,))}, (), 3, start=start)
    with pytest.raises(ModelError, match="`ridge`"):
        audio_cnn(info, bands=8, filters=(2,), ridge=share)
