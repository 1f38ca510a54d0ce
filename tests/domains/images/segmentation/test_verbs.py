"""A segmentation from a folder of images and masks to masks of new images."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError, ModelError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.export.keras_file import load_model
from tfapp.verbs import fit, predict
from tfapp.verbs.check import check
from tfapp.verbs.compare import compare
from tfapp.verbs.evaluate import evaluate
from tfapp.verbs.explain import explain
from tfapp.verbs.run import run

pytestmark = pytest.mark.nightly  # the conformance test runs the verbs by day
QUIET = Reporter(quiet=True)
RECIPE = """
task = "image_segmentation"
[data]
path = "PATH"
batch_size = 4
options = { tile_size = [32, 32], margin = 4, channels = 1, elastic = 1.0, crops = 2 }
augmentation = { flip = "both" }
[model]
name = "unet"
options = { width = 4, depth = 2, padding = "same", margin = 4, dropout_rate = 0.0 }
[training]
epochs = 12
learning_rate = 0.01
[export]
examples = 2
"""


def write_scenes(root, count, size=(40, 48)):
    """Write pictures of two bright discs, and their masks."""
    down, right = np.mgrid[: size[0], : size[1]]
    for number in range(count):
        rng = np.random.default_rng(number)
        inside = np.zeros(size, bool)
        for y, x in rng.integers(8, 32, (2, 2)):
            inside |= (down - y) ** 2 + (right - x) ** 2 < 36
        pixels = np.where(inside, 180, 40) + rng.integers(0, 60, size)
        for part, values in (("images", pixels), ("masks", inside * 255)):
            (root / part).mkdir(parents=True, exist_ok=True)
            image = Image.fromarray(values.astype(np.uint8))
            image.save(root / part / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a finished run, and its result."""
    folder = tmp_path_factory.mktemp("segmentation")
    root = write_scenes(folder / "discs", 14)
    recipe = folder / "discs.toml"
    recipe.write_text(RECIPE.replace("PATH", str(root)))
    patch = pytest.MonkeyPatch()
    patch.setenv("TFAPP_CACHE", str(folder / "cache"))
    result = run(
        str(recipe),
        runs_folder=folder / "runs",
        saved_models=folder / "saved_models",
        reporter=QUIET,
    )
    patch.undo()
    return folder, result


def test_a_run_leaves_figures_scores_and_pictures(finished):
    """Discs are found; every test image has its line and its overlay."""
    _, result = finished
    metrics = json.loads((result.folder / "metrics.json").read_text())
    assert metrics["iou"] > 0.7
    assert metrics["examples"] == 2
    with (result.folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    errors = [float(row["score"]) for row in rows]
    assert np.mean(errors) == pytest.approx(metrics["pixel_error"], abs=1e-6)
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    for title in ("Test images", "Scores by image", "Rand F-score"):
        assert title in page
    card = json.loads((result.saved_model / "tfapp.json").read_text())
    assert card["task"] == "image_segmentation"
    assert card["calibration"] == metrics["calibration"]
    assert not {"per_class", "confusion_matrix", "validation"} & set(card["metrics"])
    assert card["metrics"]["iou_interval"] == metrics["iou_interval"]


@pytest.mark.nightly
def test_several_turns_answer_and_one_learns(finished, tmp_path):
    """Training is the same to the bit; what answers is the mean over the positions."""
    folder, result = finished
    turned = run(
        str(folder / "discs.toml"),
        ["model.options.turns=8", "runtime.deterministic=true", "training.epochs=2"],
        runs_folder=tmp_path / "runs",
        saved_models=tmp_path / "saved_models",
        reporter=QUIET,
    )
    once = run(
        str(folder / "discs.toml"),
        ["runtime.deterministic=true", "training.epochs=2"],
        runs_folder=tmp_path / "runs",
        saved_models=tmp_path / "saved_models",
        reporter=QUIET,
    )
    networks = [load_model(r.folder / "model.keras") for r in (turned, once)]
    for ours, theirs in zip(*(n.get_weights() for n in networks), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    found = networks[0](np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 1)))
    assert set(found) == {"plain", "logits"}
    assert np.ptp(found["plain"] - found["logits"], axis=(1, 2)).max() > 1e-3
    card = json.loads((turned.saved_model / "tfapp.json").read_text())
    assert card["task"] == "image_segmentation"


def test_evaluate_repeats_the_figures(finished):
    """The run's own test split gives the run's own figures; other data others."""
    folder, result = finished
    again = evaluate("discs", runs_folder=folder / "runs", reporter=QUIET)
    for key in ("iou", "pixel_error", "rand_f_score"):
        assert again.figures[key] == pytest.approx(result.metrics[key], abs=1e-6)
    other = write_scenes(folder / "others", 3, (50, 60))
    found = evaluate("discs", str(other), runs_folder=folder / "runs", reporter=QUIET)
    assert found.figures["examples"] == 3
    written = result.folder / "evaluations" / "others" / "1"
    names = {path.name for path in written.iterdir()}
    assert names >= {"metrics.json", "predictions.csv", "mistakes.csv", "report.html"}


def test_predict_writes_masks(finished, tmp_path):
    """SavedModel and run write the same masks, of any size; bad files stay alone."""
    folder, result = finished
    photos = write_scenes(tmp_path / "new", 2, (33, 70)) / "images"
    (photos / "broken.png").write_bytes(b"no picture")
    masks = []
    for model in (result.saved_model.parent, "discs"):
        out = tmp_path / f"masks{len(masks)}"
        places = {"out": out, "runs_folder": folder / "runs"}
        found = predict.predict(str(model), [str(photos)], **places, reporter=QUIET)
        assert [bool(row.error) for row in found.rows] == [False, False, True]
        assert found.rows[0].files == (str(out / "0.png"),)
        masks.append(np.asarray(Image.open(out / "0.png")))
    assert masks[0].shape == (33, 70)
    assert set(np.unique(masks[0])) <= {0, 255}
    assert (masks[0] == masks[1]).mean() > 0.999
    truth = np.asarray(Image.open(tmp_path / "new" / "masks" / "0.png"))
    assert (masks[0] == truth).mean() > 0.9
    assert found.to_json()[0]["mask"].endswith("0.png")


def test_a_mask_never_replaces_its_image(finished, tmp_path):
    """Writing beside the images is refused before anything is lost."""
    folder, result = finished
    photos = write_scenes(tmp_path / "new", 1) / "images"
    before = (photos / "0.png").read_bytes()
    with pytest.raises(DataError, match="would replace it. Choose another folder"):
        predict.predict(
            str(result.saved_model), [str(photos)], out=photos, reporter=QUIET
        )
    assert (photos / "0.png").read_bytes() == before


def test_a_finished_run_is_compared(finished):
    """What it leaves behind is all that is needed; its figures are the report's."""
    folder, result = finished
    (group,) = compare("discs", runs_folder=folder / "runs", reporter=QUIET).groups
    for name in ("pixel_error", "iou", "dice", "rand_f_score"):
        assert group.figure(name).mean == pytest.approx(result.metrics[name], abs=1e-6)
    assert group.records[0].labels == ("background", "foreground")
    assert group.trained_on == sum(
        row["split"] == "train"
        for row in json.loads((result.folder / "split.json").read_text())["examples"]
    )
    assert group.parameters == load_model(result.folder / "model.keras").count_params()
    low, high = group.interval_of(group.metric.others[0])
    assert low <= result.metrics["iou_interval"][0]
    assert high >= result.metrics["iou_interval"][1]


def test_a_segmentation_is_explained(finished, tmp_path):
    """Probability, doubt and answer of pictures of any size, and no other kind."""
    folder, _ = finished
    photos = write_scenes(tmp_path / "new", 2, (33, 70)) / "images"
    (photos / "broken.png").write_bytes(b"no picture")
    places = {"out": tmp_path / "sheets", "runs_folder": folder / "runs"}
    found = explain("discs", [str(photos)], **places, reporter=QUIET)
    assert [row.sheet is None for row in found.rows] == [False, False, True]
    assert list(found.kinds) == ["regions"]
    assert found.notes == ()
    finding = found.rows[0].findings["regions"]
    probability, doubt = finding.heats
    assert probability.values.shape == doubt.values.shape == (33, 70)
    truth = np.asarray(Image.open(photos.parent / "masks" / "0.png")) > 0
    assert ((probability.values > 0.5) == truth).mean() > 0.9
    closest = np.unravel_index(doubt.values.argmax(), doubt.values.shape)
    distance = abs(probability.values - 0.5)
    assert distance[closest] == pytest.approx(distance.min(), abs=1e-3)
    (fact,) = finding.facts["classes"]
    assert fact["class"] == "foreground"
    assert fact["share"] == pytest.approx((probability.values > 0.5).mean(), abs=1e-5)
    shares = found.rows[0].prediction.probabilities
    assert shares["foreground"] == pytest.approx(probability.values.mean(), abs=1e-5)
    with Image.open(found.folder / "0.png") as sheet:
        assert sheet.width > 800
    named = explain("discs", [str(photos / "0.png")], label="background", **places)
    assert (
        named.rows[0].findings["regions"].facts["classes"][0]["class"] == "background"
    )
    with pytest.raises(ModelError, match="'gradcam' explains answers for whole images"):
        explain("discs", [str(photos)], methods=["gradcam"], **places, reporter=QUIET)


def test_check_and_fit_recognise_masks(tmp_path):
    """A folder of images/ and masks/ needs no option."""
    root = write_scenes(tmp_path / "discs", 6, (40, 300))
    report = check(str(root), reporter=QUIET)
    assert report.classes["value 255"] == {"masks": 6}
    made = fit.plan(str(root), reporter=QUIET)
    assert made.recipe.task == "image_segmentation"
    assert made.recipe.data.options["tile_size"] == [64, 64]
    assert made.recipe.data.options["channels"] == 1
    assert made.recipe.data.options["border_weight"] == 1.0
    assert "elastic" not in made.recipe.data.options
    assert made.recipe.data.augmentation["quarter_turns"]
    assert made.recipe.training.ema_momentum == 0.99
    assert any("U-Net" in reason for reason in made.reasons)


def test_fit_of_too_few_images(tmp_path):
    """Two images are refused with what to do."""
    with pytest.raises(DataError, match="2 images with usable masks are too few"):
        fit.plan(str(write_scenes(tmp_path / "few", 2)), reporter=QUIET)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "error", "message"),
    [
        ("model.options.margin=0", ModelError, r"Set data.options.margin = 0\."),
        ("model={name = 'small_cnn'}", ModelError, "gives one answer per input"),
        ("data.options.tile_size=[33, 33]", ModelError, "A side of 33 pixels does not"),
        ("data.path=nowhere", DataError, "there is no 'nowhere'"),
    ],
)
def test_what_does_not_fit_together(finished, tmp_path, override, error, message):
    """A mistake is told before training, and leaves nothing behind."""
    folder, _ = finished
    with pytest.raises(error, match=message):
        run(
            str(folder / "discs.toml"),
            [override],
            runs_folder=tmp_path / "runs",
            saved_models=tmp_path / "saved_models",
            reporter=QUIET,
        )
    assert not list((tmp_path / "runs").glob("*/*"))


def test_masks_are_no_class_folders(finished, tmp_path):
    """An image recipe on such a folder says what it found, in one line."""
    folder, _ = finished
    recipe = tmp_path / "wrong.toml"
    recipe.write_text(
        'task = "image_classification"\n'
        f'[data]\npath = "{folder}/discs"\nkind = "masks"\n'
        '[model]\nname = "small_cnn"\n'
    )
    with pytest.raises(TfappError, match="needs `data.kind` = 'images'"):
        run(str(recipe), runs_folder=tmp_path, saved_models=tmp_path, reporter=QUIET)
