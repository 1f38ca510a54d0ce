"""A capsule network through every verb: several outputs in training, one in use."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.reporter import Reporter
from tfapp.verbs.evaluate import evaluate
from tfapp.verbs.explain import explain
from tfapp.verbs.predict import predict
from tfapp.verbs.run import run

pytestmark = pytest.mark.nightly  # the conformance test runs them by day

QUIET = Reporter(quiet=True)
TINY = [
    "name=capsules",
    "task=capsule_classification",
    "model.name=capsnet",
    "model.options={filters = 8, kernel_size = 3, capsules = 2, capsule_dim = 4, "
    "class_dim = 8, decoder_units = [16]}",
]


ON_JAX = """
import json, sys
from pathlib import Path
from tfapp.base.reporter import Reporter
from tfapp.verbs.explain import explain
from tfapp.verbs.run import run

folder, settings, photo = Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
quiet = Reporter(quiet=True)
result = run("digits", settings, runs_folder=folder / "runs",
             saved_models=folder / "saved_models", reporter=quiet)
import keras, jax
model = keras.saving.load_model(result.folder / "model.keras")
learnt = isinstance(model.trainable_variables[0].value, jax.Array)
explain(str(result.folder), [photo], reporter=quiet)
print(json.dumps([keras.config.backend(), learnt, result.saved_model.is_dir()]))
"""


@pytest.fixture(scope="module")
def learnt(quick, tmp_path_factory):
    """A quick run of a small CapsNet on digits; the folder and the result."""
    folder = tmp_path_factory.mktemp("capsules")
    patch = pytest.MonkeyPatch()
    patch.setenv("TFAPP_CACHE", str(folder / "cache"))
    result = run(
        "digits",
        [*quick, *TINY],
        runs_folder=folder / "runs",
        saved_models=folder / "saved_models",
        reporter=QUIET,
    )
    yield folder, result
    patch.undo()


def test_both_losses_are_logged_and_the_figures_have_their_names(learnt):
    """Accuracy is that of presence; the report and the comparison read it."""
    _, result = learnt
    metrics = json.loads((result.folder / "metrics.json").read_text())
    (phase,) = metrics["run"]["phases"]
    row = phase["epochs"][-1]
    assert {"loss", "accuracy", "presence_loss", "reconstruction_loss"} <= set(row)
    assert {"val_loss", "val_accuracy", "val_reconstruction_loss"} <= set(row)
    assert "accuracy" in metrics


def test_the_report_shows_what_the_capsules_draw(learnt):
    """Test pictures beside drawings, the grid, the routing."""
    _, result = learnt
    page = result.report.read_text()
    assert "Inside the capsules" in page
    assert "Number of the capsule" in page
    assert "Mean entropy by round" in page


def test_the_export_answers_probabilities_from_encoded_images(learnt, photos):
    """Like any other classifier; nothing of the decoder is in it."""
    _, result = learnt
    loaded = tf.saved_model.load(str(result.saved_model))
    encoded = [(photos / f"digit{i}.png").read_bytes() for i in range(3)]
    found = loaded.signatures["serving_default"](image_bytes=tf.constant(encoded))
    assert set(found) == {"probabilities", "label", "score", "classes"}
    np.testing.assert_allclose(found["probabilities"].numpy().sum(1), 1, atol=1e-5)
    names = {v.name for v in loaded.signatures["serving_default"].variables}
    assert not any("decoder" in name for name in names)


@pytest.mark.slow
def test_the_saved_run_answers_as_its_export(learnt, photos):
    """`predict` on the run and `evaluate` take the same main output."""
    folder, result = learnt
    paths = [str(photos / f"digit{i}.png") for i in range(3)]
    ours, theirs = (
        predict(str(place), paths, reporter=QUIET).rows
        for place in (result.folder, result.saved_model)
    )
    for one, other in zip(ours, theirs, strict=True):
        ours, theirs = (r.columns["probabilities"] for r in (one, other))
        assert ours == pytest.approx(theirs, abs=1e-4)
    results = evaluate(str(result.folder), runs_folder=folder / "runs", reporter=QUIET)
    assert results.figures["accuracy"] == pytest.approx(result.metrics["accuracy"])


def test_explanations_of_capsules_come_unasked(learnt, photos):
    """Reconstruction, perturbation and routing, beside Grad-CAM and occlusion."""
    _, result = learnt
    found = explain(str(result.folder), [str(photos / "digit0.png")], reporter=QUIET)
    kinds = {"gradcam", "occlusion", "reconstruction", "perturbation", "routing"}
    assert kinds <= set(found.kinds)
    (row,) = found.rows
    assert row.sheet.is_file()
    assert len(row.findings["routing"].facts["entropy"]) == 3


@pytest.mark.nightly
def test_several_outputs_learn_and_are_explained_on_jax(
    tmp_path, quick, photos, in_fresh_process
):
    """Training, report and export of a run, then an explanation, on that backend."""
    pytest.importorskip("jax", reason="the extra 'jax' is not installed")
    settings = json.dumps([*quick, *TINY, "runtime.backend=jax"])
    photo = photos / "digit0.png"
    assert in_fresh_process(ON_JAX, tmp_path, settings, photo) == ["jax", True, True]
    folder = tmp_path / "runs" / "capsules" / "1"
    metrics = json.loads((folder / "metrics.json").read_text())
    (phase,) = metrics["run"]["phases"]
    assert {"presence_loss", "reconstruction_loss"} <= set(phase["epochs"][-1])
    assert list((folder / "explanations").glob("*.png"))
