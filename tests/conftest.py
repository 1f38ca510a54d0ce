"""Settings that every test shares."""

import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest


@pytest.fixture(autouse=True)
def _private_cache(tmp_path_factory, monkeypatch):
    """Keep every test out of the user's cache folder."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path_factory.mktemp("cache")))


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
    from tfapp.verbs.run import run

    folder = tmp_path_factory.mktemp("workspace")
    patch = pytest.MonkeyPatch()
    patch.setenv("TFAPP_CACHE", str(folder / "cache"))
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
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": root, **variables},
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
    from tfapp.base.files import write_json, write_text

    table = {"name": name, "seed": seed, "task": "image_classification"}
    table |= {"data": {"path": "photos"}, "model": {"name": "transfer"}}
    folder = _write_recipe(root / name / str(number), table, overrides)
    rows = [
        {"name": f"{s}/{i}.png", "content_hash": f"{s}{i}", "target": "ab"[i % 2]}
        | {"split": "test" if s == test else "train", "group": ""}
        for s, count in ((test, len(correct)), ("train", 2 * train))
        for i in range(count)
    ]
    write_json(folder / "split.json", {"labels": ["a", "b"], "examples": rows})
    lines = ["path,split,label,predicted,confidence,correct,loss"]
    for row, right in zip(rows, correct, strict=False):
        predicted = row["target"] if right else {"a": "b", "b": "a"}[row["target"]]
        told = f"0.9,{'true' if right else 'false'},{0.1 if right else 2.3}"
        lines.append(f"{row['name']},test,{row['target']},{predicted},{told}")
    write_text(folder / "predictions.csv", "\n".join(lines) + "\n")
    accuracy = sum(map(bool, correct)) / len(correct)
    figures = {"accuracy": accuracy, "macro_f1": accuracy, "log_loss": 0.3}
    figures |= {"expected_calibration_error": 0.02, "run": {"total_seconds": 9.0}}
    write_json(folder / "metrics.json", figures)
    write_json(folder / "status.json", {"status": "complete", "detail": ""})
    return folder


@pytest.fixture(scope="session")
def fake_masks_run():
    """Write the folder of a finished segmentation; see `_fake_masks_run`."""
    return _fake_masks_run


def _fake_masks_run(root, name, number, errors, overrides=(), test="t", seed=0):
    """Write root/NAME/NUMBER with a pixel error per test image; return it.

    Every image has the same size, IoU is 1 minus twice the error, there are 12
    training images; `test` begins the content hashes of the test set.
    """
    from tfapp.base.files import write_json
    from tfapp.domains.images.segmentation.files import write_image_scores

    table = {"name": name, "seed": seed, "task": "image_segmentation"}
    table |= {"data": {"path": "scenes"}, "model": {"name": "unet"}}
    folder = _write_recipe(root / name / str(number), table, overrides)
    rows = [
        {"name": f"images/{s}{i}.png", "content_hash": f"{s}{i}", "target": f"mask{i}"}
        | {"split": "test" if s == test else "train", "group": ""}
        for s, count in ((test, len(errors)), ("train", 12))
        for i in range(count)
    ]
    write_json(folder / "split.json", {"labels": [], "examples": rows})
    scores = [
        {"path": f"/data/scenes/{row['name']}", "split": "test", "pixel_error": error}
        | {"iou": 1 - 2 * error, "dice": 1 - error, "rand_f_score": None}
        for row, error in zip(rows, errors, strict=False)
    ]
    write_image_scores(folder / "predictions.csv", scores)
    mean = sum(errors) / len(errors)
    figures = {"pixel_error": mean, "iou": 1 - 2 * mean, "dice": 1 - mean}
    figures |= {"iou_interval": [0.9 - 2 * mean, 1.0], "dice_interval": None}
    figures |= {"rand_f_score": None, "rand_f_score_interval": None}
    figures |= {"per_image": scores, "per_class": {"nothing": {}, "cell": {}}}
    write_json(folder / "metrics.json", figures | {"run": {"total_seconds": 9.0}})
    write_json(folder / "status.json", {"status": "complete", "detail": ""})
    return folder


def _write_recipe(folder, table, overrides):
    from tfapp import recipes
    from tfapp.base.files import write_text

    for text in overrides:
        table = recipes.override(table, *recipes.parse_override(text))
    text = recipes.to_toml(recipes.build(table, "test"))
    write_text(folder / "recipe.toml", text)
    return folder
