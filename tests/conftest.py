"""Settings that every test shares."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import hypothesis
import pytest

# How long an example takes is the machine's matter.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

WHOLE_RUNS = {"workspace", "trained", "learnt", "finished", "saved", "place"}
"""Fixtures that train and export: every test that takes one of them is slow."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark tests of whole runs, and those that run at night, as slow."""
    for item in items:
        if WHOLE_RUNS & set(item.fixturenames) or item.get_closest_marker("nightly"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _private_cache(tmp_path_factory, monkeypatch):
    """Keep every test out of the user's cache folder."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def _no_downloads(monkeypatch):
    """Keep every test off the network."""
    monkeypatch.setenv("TFAPP_DOWNLOADS", "off")


@pytest.fixture
def shared_data():
    """The folder of real data sets; skips where it is not at hand."""
    return _folder("TFAPP_DATA")


@pytest.fixture
def shared_weights():
    """The folder of real pretrained weights; skips where it is not at hand."""
    return _folder("TFAPP_WEIGHTS")


def _folder(variable):
    value = os.environ.get(variable, "")
    if not value or not Path(value).is_dir():
        pytest.skip(f"{variable} does not name a folder")
    return Path(value)


QUICK = ["training.epochs=3", "data.limit=20", "data.augmentation={}"]


@pytest.fixture(scope="session")
def quick():
    """Overrides that make the recipe digits take seconds."""
    return QUICK


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """A folder with runs/ and saved_models/ of a quick digits run in it."""
    from tfapp.base.reporter import Reporter
    from tfapp.training.watching.allowance import Allowance
    from tfapp.verbs.run import run

    folder = tmp_path_factory.mktemp("workspace")
    patch = pytest.MonkeyPatch()
    patch.setenv("TFAPP_CACHE", str(folder / "cache"))
    # Of so short a training nothing would be drawn; here everything is.
    patch.setattr(Allowance, "permits", lambda *arguments: True)
    patch.setattr(Allowance, "permits_point", lambda *arguments: True)
    result = run(
        "digits",
        QUICK,
        runs_folder=folder / "runs",
        saved_models=folder / "saved_models",
        reporter=Reporter(quiet=True),
    )
    patch.undo()
    return folder, result


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Three digits as PNG files, and a file that is no image."""
    from PIL import Image
    from sklearn.datasets import load_digits

    folder = tmp_path_factory.mktemp("photos")
    for i in range(3):
        pixels = (load_digits().images[i] * 255 / 16).astype("uint8")
        Image.fromarray(pixels).save(folder / f"digit{i}.png")
    (folder / "broken.png").write_bytes(b"not a picture")
    return folder


@pytest.fixture(scope="session")
def in_fresh_process():
    """Run a script elsewhere; get what its last line of output holds as JSON."""
    return _in_fresh_process


def _in_fresh_process(code, *arguments, **variables):
    # The command line, called by an earlier test of this process, leaves it behind.
    own = {k: v for k, v in os.environ.items() if k != "TFAPP_OWN_PROCESS"}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**own, "PYTHONPATH": str(Path(__file__).parents[1]), **variables},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def fake_run():
    """Write the folder of a finished run without training; see `_fake_run`."""
    return _fake_run


def _fake_run(root, name, number, correct, overrides=(), test="t", seed=0, train=6):
    """Write root/NAME/NUMBER with one answer per entry of `correct`; return it.

    Examples are of classes a and b in turn; `test` begins the content hashes of the
    test set, `train` is the number of training examples per class.
    """
    from tfapp.problems.classification.examples import labelled
    from tfapp.problems.classification.results import accuracy_metric
    from tfapp.tasks.scores import score_table

    table = {"name": name, "seed": seed, "task": "image_classification"}
    table |= {"data": {"path": "photos"}, "model": {"name": "transfer"}}
    folder = _write_recipe(root / name / str(number), table, overrides)
    examples = [
        replace(
            labelled(f"{test}/{i}.png", "ab"[i % 2], "test"), content_hash=f"{test}{i}"
        )
        for i in range(len(correct))
    ]
    rows = []
    for example, right in zip(examples, correct, strict=True):
        predicted = example.target if right else {"a": "b", "b": "a"}[example.target]
        rows.append((example.target, predicted, "0.9", "0.1" if right else "2.3"))
    columns = ("label", "predicted", "confidence", "loss")
    scores = score_table(examples, [float(bool(c)) for c in correct], columns, rows)
    accuracy = sum(map(bool, correct)) / len(correct)
    figures = {"accuracy": accuracy, "macro_f1": accuracy, "log_loss": 0.3}
    figures |= {"expected_calibration_error": 0.02}
    data = {"examples": {"train": 2 * train, "test": len(correct)}}
    data |= {"labels": ["a", "b"], "strata": 2}
    return _write_run(folder, accuracy_metric("images"), figures, scores, data)


def _write_run(folder, metric, figures, scores, data, **more):
    """Write what a run leaves behind: metrics.json, scores.csv and status.json."""
    from tfapp.base.files import write_json
    from tfapp.tasks.results import Results
    from tfapp.tasks.scores import write_scores

    results = Results(
        metric=metric,
        figures=figures,
        calibration={},
        scores=scores,
        headline=(),
        **more,
    )
    run = {"total_seconds": 9.0, "parameters": None, "data": data}
    write_scores(folder / "scores.csv", scores)
    write_json(folder / "metrics.json", results.to_json() | {"run": run})
    write_json(folder / "status.json", {"status": "complete", "detail": ""})
    return folder


@pytest.fixture(scope="session")
def fake_masks_run():
    """Write the folder of a finished segmentation; see `_fake_masks_run`."""
    return _fake_masks_run


def _fake_masks_run(
    root, name, number, errors, overrides=(), test="t", seed=0, train=12
):
    """Write root/NAME/NUMBER with a pixel error per test image; return it.

    Every image has the same size, IoU is 1 minus twice the error, there are 12
    training images; `test` begins the content hashes of the test set.
    """
    from tfapp.data.spec import Example
    from tfapp.domains.images.segmentation.results import METRIC
    from tfapp.tasks.scores import score_table

    table = {"name": name, "seed": seed, "task": "image_segmentation"}
    table |= {"data": {"path": "scenes"}, "model": {"name": "unet"}}
    folder = _write_recipe(root / name / str(number), table, overrides)
    examples = [
        Example(f"/data/images/{test}{i}.png", "test", "", "", f"{test}{i}", f"m{i}")
        for i in range(len(errors))
    ]
    rows = [("80", f"{1 - 2 * e:.6f}", f"{1 - e:.6f}", "") for e in errors]
    columns = ("weight", "iou", "dice", "rand_f_score")
    mean = sum(errors) / len(errors)
    figures = {"pixel_error": mean, "iou": 1 - 2 * mean, "dice": 1 - mean}
    figures |= {"iou_interval": [0.9 - 2 * mean, 1.0], "dice_interval": None}
    figures |= {"rand_f_score": None, "rand_f_score_interval": None}
    data = {"examples": {"train": train, "test": len(errors)}}
    data |= {"labels": ["nothing", "cell"], "strata": 1}
    scores = score_table(examples, errors, columns, rows)
    return _write_run(folder, METRIC, figures, scores, data)


def _write_recipe(folder, table, overrides):
    from tfapp import recipes
    from tfapp.base.files import write_text

    for text in overrides:
        table = recipes.override(table, *recipes.parse_override(text))
    text = recipes.to_toml(recipes.build(table, "test"))
    write_text(folder / "recipe.toml", text)
    return folder
