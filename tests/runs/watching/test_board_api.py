"""What TensorBoard shows of a run, read back through its own HTTP API."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.runs.watching.tensorboard_api import TensorBoard
from tfapp.runs.watching.links import Links


@pytest.fixture(scope="module")
def board(workspace, tmp_path_factory):
    """TensorBoard on a run on digits that was watched without thrift."""
    folder, _ = workspace
    links = tmp_path_factory.mktemp("links")
    Links(links, ["digits"], folder / "runs").refresh()
    return TensorBoard(links)


def named(board, end):
    """Return the run whose name ends so."""
    (run,) = [r for r in board.json("runs") if r.endswith(end)]
    return run


def test_runs_have_readable_names(board):
    """Name, number and main figure, then phase and part."""
    runs = board.json("runs")
    assert all(r.startswith("digits/1 accuracy ") for r in runs)
    assert {r.partition("%")[2] for r in runs} == {
        "",
        "/train/train",
        "/train/validation",
        "/train/examples",
    }


def test_figures_of_steps_and_epochs(board):
    """Each has one point per step, rising, and the names that the documentation has."""
    tags = board.json("plugin/scalars/tags")
    train = named(board, "/train/train")
    for tag in ("loss", "learning_rate", "gradient_norm", "seconds_waiting"):
        steps = board.steps(train, f"step/{tag}")
        assert steps == sorted(set(steps))
        assert len(steps) > 3
    assert "step/seconds_computing" in tags[train]
    assert board.steps(train, "epoch/loss") == [1, 2, 3]
    assert board.steps(named(board, "/validation"), "epoch/accuracy") == [1, 2, 3]
    rows = board.json("plugin/scalars/scalars", run=train, tag="watching/share")
    assert all(0 <= share for *_, share in rows)


def test_pictures_can_be_decoded(board):
    """Confusion matrix and sheet of examples, one of each epoch."""
    run = named(board, "/examples")
    assert {"confusion", "validation examples"} <= board.json("plugin/images/tags")[
        run
    ].keys()
    for tag in ("confusion", "validation examples"):
        pictures = board.pictures(run, tag)
        assert len(pictures) == 3
        for encoded in pictures:
            assert min(Image.open(io.BytesIO(encoded)).size) > 100


def test_curves_end_where_everything_is_answered(board):
    """At threshold 0 every example is answered: recall 1, precision the share."""
    run = named(board, "/examples")
    (tag, *rest) = board.json("plugin/pr_curves/tags")[run]
    assert len(rest) == 9
    curves = board.json("plugin/pr_curves/pr_curves", run=run, tag=tag)[run]
    assert len(curves) == 3
    for curve in curves:
        assert max(curve["recall"]) == pytest.approx(1.0)
        assert 0.05 < curve["precision"][0] < 0.15 or curve["precision"][-1] < 0.15


def test_features_have_a_shape_labels_and_thumbnails(board, workspace):
    """The projector gets a vector, a name and a picture of each validation example."""
    run = named(board, "/examples")
    assert board.json("plugin/projector/runs") == [run]
    (config,) = board.json("plugin/projector/info", run=run)["embeddings"]
    rows, dims = config["tensorShape"]
    values = board.get("plugin/projector/tensor", run=run, name=config["tensorName"])
    assert np.frombuffer(values, "float32").reshape(rows, dims).std() > 0
    lines = board.get(
        "plugin/projector/metadata", run=run, name=config["tensorName"], num_rows=999
    )
    header, *names = lines.decode().splitlines()
    assert header == "name\tlabel"
    assert len(names) == rows
    assert {line.split("\t")[1] for line in names} <= set("0123456789")
    sprite = board.get(
        "plugin/projector/sprite_image", run=run, name=config["tensorName"]
    )
    side = config["sprite"]["singleImageDim"][0]
    width, height = Image.open(io.BytesIO(sprite)).size
    assert (width // side) * (height // side) >= rows


def test_the_table_of_settings_has_the_run(board, workspace):
    """One line: settings, status, and the main figure of the test split."""
    _, result = workspace
    groups = board.post(
        "plugin/hparams/session_groups",
        experimentName="",
        allowedStatuses=["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
        colParams=[],
        startIndex=0,
        sliceSize=10,
    )["sessionGroups"]
    (group,) = groups
    (session,) = group["sessions"]
    assert session["status"] == "STATUS_SUCCESS"
    assert group["hparams"]["training.epochs"] == 3
    assert group["hparams"]["task"] == "image_classification"
    metrics = {m["name"]["tag"]: m["value"] for m in group["metricValues"]}
    assert metrics["test/accuracy"] == pytest.approx(result.metrics["accuracy"])
