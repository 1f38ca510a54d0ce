"""What people complain about most in other tools, end to end; see docs/promises.md."""

import ast
import csv
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

import tfapp
from tfapp import layers
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.recipes.config import DataConfig

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"
QUIET = Reporter(quiet=True)


def write_photos(folder):
    """Write a photo of a cat and one of a dog."""
    for seed, label in enumerate(["cats", "dogs"]):
        pixels = np.random.default_rng(seed).integers(0, 256, (7, 6, 3), np.uint8)
        (folder / label).mkdir(parents=True)
        picture = Image.fromarray(pixels).resize((53, 40))
        picture.save(folder / label / "photo.jpg")
    return sorted(folder.glob("*/*.jpg"))


@pytest.fixture
def finished(workspace, tmp_path):
    """A finished run's folder and export, its test photos as files, their labels."""
    _, result = workspace
    folder = tmp_path / "digits" / "1"
    shutil.copytree(result.folder, folder)
    data = DataConfig(
        kind="images", path="digits", options={"image_size": [8, 8], "channels": 1}
    )
    dataset = load_dataset(data, seed=0, split_file=folder / "split.json")
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, example in enumerate(dataset.examples["test"]):
        (photos / f"{number:04d}.png").write_bytes(dataset.raw(example)["image_bytes"])
    return SimpleNamespace(
        folder=folder,
        saved_model=result.saved_model,
        metrics=json.loads((folder / "metrics.json").read_text()),
        photos=photos,
        labels=json.dumps([e.target for e in dataset.examples["test"]]),
    )


ASK_AGAIN = """
import json, sys
from tfapp.base.reporter import Reporter
from tfapp.verbs.evaluate import evaluate
from tfapp.verbs.predict import predict
run, saved_model, photos, labels = sys.argv[1:]
labels, quiet = json.loads(labels), Reporter(quiet=True)
def share_right(model):
    rows = predict(model, [photos], reporter=quiet).rows
    right = [row.top(1)[0][0] == label for row, label in zip(rows, labels, strict=True)]
    return sum(right) / len(right)
again = evaluate(run, reporter=quiet)
right = [share_right(run), share_right(saved_model)]
print(json.dumps([again.figures["accuracy"], *right, again.figures["log_loss"]]))
"""


@pytest.mark.slow
def test_accuracy_is_the_same_everywhere(in_fresh_process, finished):
    """Run, evaluate, predict and SavedModel agree, in this process and another."""
    with (finished.folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    accuracy = np.mean([row["label"] == row["predicted"] for row in rows])
    expected = [accuracy] * 3 + [finished.metrics["log_loss"]]
    assert finished.metrics["accuracy"] == pytest.approx(accuracy)
    here = tfapp.evaluate(str(finished.folder), reporter=QUIET).figures
    assert [here["accuracy"], here["log_loss"]] == pytest.approx(expected[2:])
    files = finished.folder, finished.saved_model, finished.photos
    there = in_fresh_process(ASK_AGAIN, *files, finished.labels)
    assert there == pytest.approx(expected, abs=1e-5)


def test_a_finished_run_explains_itself(finished):
    """Maps, neighbours and a sheet of a test photo; the report has maps as well."""
    photo = str(sorted(finished.photos.iterdir())[0])
    found = tfapp.explain(str(finished.folder), [photo], reporter=QUIET)
    found.require_good()
    assert set(found.rows[0].findings) == {"gradcam", "occlusion", "neighbours"}
    assert found.rows[0].sheet.read_bytes().startswith(b"\x89PNG")
    if finished.metrics["accuracy"] < 1.0:
        assert 'class="pair"' in (finished.folder / "report.html").read_text()


TENSORFLOW_ALONE = """
import json, sys
sys.modules["tfapp"] = sys.modules["keras"] = None  # importing either would fail
import tensorflow as tf
from pathlib import Path
saved_model, photos, labels = sys.argv[1:]
model = tf.saved_model.load(saved_model)
files = [path.read_bytes() for path in sorted(Path(photos).iterdir())]
answers = model.signatures["serving_default"](image_bytes=tf.constant(files))
found = [label.decode() for label in answers["label"].numpy()]
right = [a == b for a, b in zip(found, json.loads(labels), strict=True)]
print(json.dumps(sum(right) / len(right)))
"""


@pytest.mark.slow
def test_the_export_needs_tensorflow_alone(in_fresh_process, finished):
    """Without tfapp and Keras the SavedModel names classes, equally well, unpickled."""
    files = finished.saved_model, finished.photos
    accuracy = in_fresh_process(TENSORFLOW_ALONE, *files, finished.labels)
    assert accuracy == pytest.approx(finished.metrics["accuracy"])
    suffixes = {path.suffix for path in finished.saved_model.rglob("*")}
    assert not suffixes & {".pkl", ".pickle", ".joblib", ".npy"}


def test_later_epochs_read_no_files(tmp_path):
    """Images are decoded once: the second epoch works after they are gone."""
    write_photos(tmp_path / "photos")
    config = DataConfig(
        kind="images",
        path=str(tmp_path / "photos"),
        cache="memory",
        options={"image_size": [8, 8]},
        split={"validation": 0.0, "test": 0.0},
        augmentation={"flip": "horizontal", "rotate": 0.1},
    )
    dataset = load_dataset(config, seed=0)
    which = Pass(shuffle=True, augment=True)
    epochs = dataset.batches(dataset.examples["train"], which)
    assert len(list(epochs)) == 1
    shutil.rmtree(tmp_path / "photos")
    ((images, _),) = epochs
    assert images.shape == (2, 8, 8, 3)


def test_seconds_of_every_stage_are_recorded(finished):
    """A run tells where its time went, and the stages fit into the whole."""
    run = finished.metrics["run"]
    assert {"check and split data", "build model", "phase train"} <= set(run["seconds"])
    spent = sum(run["seconds"].values())
    assert 0.5 * run["total_seconds"] < spent < run["total_seconds"] + 0.5
    assert run["phases"][0]["seconds"] <= run["seconds"]["phase train"]


def test_check_touches_nothing(tmp_path):
    """Damaged files and copies are reported and stay exactly where they are."""
    photo, other = write_photos(tmp_path / "photos")
    (photo.parent / "cut.jpg").write_bytes(photo.read_bytes()[:300])
    (photo.parent / "text.png").write_text("no picture")
    shutil.copy(photo, other.parent / "copy.jpg")

    def state():
        files = sorted((tmp_path / "photos").rglob("*"))
        return [
            (f, f.stat().st_mtime_ns, f.is_file() and f.read_bytes()) for f in files
        ]

    before = state()
    report = tfapp.check(str(tmp_path / "photos"), reporter=QUIET)
    kinds = {problem.kind for problem in report.problems}
    assert {"truncated", "unreadable", "conflicting labels"} <= kinds
    assert state() == before


def test_another_seed_tests_on_the_same_examples():
    """The seed of the training does not decide who is tested: data.split.seed does."""

    def tested(seed, split=0):
        config = DataConfig(
            kind="images", path="digits", options={"channels": 1}, split={"seed": split}
        )
        dataset = load_dataset(config, seed=seed)
        return {example.name for example in dataset.examples["test"]}

    assert tested(0) == tested(7) != tested(0, split=1)


RESOLVE = """
import json
from tfapp.base.errors import WeightsError
from tfapp.domains.images.pretrained.file_choice import resolve_weights
try:
    resolve_weights("vgg16", "imagenet")
except WeightsError as error:
    print(json.dumps(str(error)))
"""


def test_behind_a_broken_proxy_the_way_out_is_told(in_fresh_process, tmp_path):
    """One line names the file, its address, its hash and where to put it."""
    proxies = dict.fromkeys(["https_proxy", "HTTPS_PROXY"], "http://127.0.0.1:9")
    message = in_fresh_process(
        RESOLVE,
        KERAS_HOME=str(tmp_path),
        TFAPP_WEIGHTS="",
        TFAPP_DOWNLOADS="",
        no_proxy="",
        **proxies,
    )
    row = EXTRACTORS["vgg16"]
    place = str(tmp_path / "models")
    for part in (row.file, row.address, place, "TFAPP_WEIGHTS", "Connection refused"):
        assert part in message
    assert "\n" not in message


def test_no_layer_needs_its_author():
    """Nothing uses Lambda, and every layer of ours carries a registered name.

    Those of training stand in for others while a phase lasts, and are never saved.
    """
    bases = {}
    for path in (ROOT / "tfapp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert getattr(node, "attr", "") != "Lambda", path
            if isinstance(node, ast.ClassDef) and "training" not in path.parts:
                bases[node.name] = set(map(_last, node.bases))
    own = {"Layer"}
    while found := {n for n, known in bases.items() if known & own} - own:
        own |= found  # and what derives from these
    layers.register()
    registered = keras.saving.get_custom_objects()
    # What begins with an underscore is only derived from.
    public = {f"tfapp>{n}" for n in own - {"Layer"} if not n.startswith("_")}
    assert {"tfapp>DenseCapsule", "tfapp>TurnAverage"} <= public
    assert public <= set(registered)


def _last(node):
    return getattr(node, "attr", getattr(node, "id", ""))


def rows_of_the_page():
    """Return the cells of the numbered rows of docs/promises.md."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if row[0].isdigit()]


def test_every_promise_names_a_test_or_says_not_yet():
    """The page goes through all complaints, and its tests exist."""
    rows = rows_of_the_page()
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 25
    for number, _, _, shown in rows:
        tests = re.findall(r"`([\w/]+\.py)::(\w+)`", shown)
        assert tests or "not yet" in shown, number
        for path, name in tests:
            tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
            found = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
            assert name in found, f"{path}::{name}"
