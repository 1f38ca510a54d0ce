"""`tfapp scan` from files to pages, with networks of Keras."""

import json
import re

import keras
import numpy as np
import pytest
from PIL import Image

from tests.domains.images.slides.made import (
    STRONG,
    blank,
    blob,
    square,
    write_outlines,
    write_slide,
)
from tfapp.base.errors import ConfigError, DataError, ModelError
from tfapp.base.reporter import Reporter
from tfapp.domains.images.classification.interface import INTERFACE
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor
from tfapp.domains.images.segmentation.interface import INTERFACE as PIXELS
from tfapp.domains.images.shapes import image_info
from tfapp.domains.images.slides.reading.opening import open_slide
from tfapp.domains.images.verbs.scan import scan
from tfapp.export.predictor import model_predictor
from tfapp.export.spec import Exported
from tfapp.verbs.runs.loading import LoadedModel

QUIET = Reporter(quiet=True)
NAMES = ("normal", "tumour")


def loaded(network, preprocessor, interface, shape, names=NAMES):
    """Return a network as `tfapp.load` returns one."""
    info = image_info(shape, names)
    card = {
        "class_names": list(names),
        "preprocess": preprocessor.describe(),
        "task": "image_classification",
    }
    exported = Exported(network, preprocessor, info)
    return LoadedModel(model_predictor(exported, interface, card))


@pytest.fixture(scope="module")
def model():
    """A network that answers "tumour" where green is below 120."""
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.GlobalAveragePooling2D()(inputs)
    dense = keras.layers.Dense(2)
    network = keras.Model(inputs, dense(x))
    dense.set_weights([np.array([[0, 0], [0, -0.2], [0, 0]]), np.array([0, 24.0])])
    preprocessor = ImagePreprocessor((32, 32), microns_per_pixel=0.5, patch_size=32)
    return loaded(network, preprocessor, INTERFACE, (32, 32, 3))


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    """A slide with two tumours, one without any, and their truth."""
    folder = tmp_path_factory.mktemp("slides")
    for name, tumours in (("ill", [(220, 300), (420, 300)]), ("well", [])):
        picture = blank(900, 700)
        blob(picture, 350, 330, 280, (225, 150, 205))
        for x, y in tumours:
            blob(picture, x, y, 50, STRONG)
        write_slide(folder / f"{name}.tif", picture, mpp=0.25)
        rings = [square(x - 50, y - 50, 100) for x, y in tumours]
        write_outlines(folder / f"{name}.geojson", rings, ["tumour"] * len(rings))
    return folder


def test_slides_become_pages_and_figures(model, slides, tmp_path):
    """One that fails does not stop the others; all files are there, once."""
    write_slide(tmp_path / "glass.tif", blank())
    paths = [slides / "ill.tif", tmp_path / "glass.tif", tmp_path, slides / "well.tif"]
    options = {"out": tmp_path / "scans", "stride": 8, "reporter": QUIET}
    scanned = scan(paths, model, truth=slides, **options)
    whys = [row.error for row in scanned.rows]
    assert whys[0] == whys[3] == ""
    assert "for the slide" in whys[1]
    assert "is a folder" in scan([tmp_path], model, **options).rows[0].error
    assert "no tissue" in scan(paths[1:2], model, **options).rows[0].error
    with pytest.raises(DataError, match="2 of 4 slides failed, the first"):
        scanned.require_good()
    assert scanned.figures["froc"] == 1.0
    assert scanned.figures["slide_auc"] == 1.0
    assert scanned.figures["cell_auc"] > 0.95
    ill, well = scanned.rows[0].facts, scanned.rows[3].facts
    assert (ill["lesions"], well["lesions"]) == (2, 0)
    assert ill["level"] == 1, "0.5 microns per pixel are the second level"
    assert ill["mpp"] == pytest.approx(0.25)
    folder = tmp_path / "scans" / "ill"
    assert {path.name for path in folder.iterdir()} == {
        *("heat.png", "heat.tif", "lesions.geojson", "lesions.csv", "page.html"),
        *("scan.json", "tissue.jpg", "view.dzi", "view_files"),
    }
    features = json.loads((folder / "lesions.geojson").read_text())["features"]
    points = [
        f["geometry"]["coordinates"]
        for f in features
        if f["geometry"]["type"] == "Point"
    ]
    assert sorted(points)[0] == pytest.approx([220, 300], abs=40)
    assert sorted(points)[1] == pytest.approx([420, 300], abs=40)
    with open_slide(folder / "heat.tif") as heat:
        assert heat.size[0] * heat.mpp == pytest.approx(900 * 0.25, rel=0.01)
    page = (folder / "page.html").read_text()
    assert "ill.tif" in page
    assert not re.search(r"https?://(?!schemas)", page), "nothing comes from elsewhere"
    assert (tmp_path / "scans" / "index.html").is_file()
    before = (folder / "page.html").stat().st_mtime_ns
    again = scan(paths[:1], model, truth=slides, **options)
    assert again.rows[0].facts == ill
    assert (folder / "page.html").stat().st_mtime_ns == before
    stricter = scan(paths[:1], model, threshold=0.999999, **options)
    assert stricter.rows[0].facts["asked"] == 0, "only the results are written anew"


@pytest.mark.slow
def test_a_png_and_rotations(model, slides, tmp_path):
    """A plain picture is scanned as it is, and says that its resolution is unknown."""
    with open_slide(slides / "ill.tif") as slide:
        Image.fromarray(np.asarray(slide.read(1, 0, 0, 450, 350))).save(
            tmp_path / "small.png"
        )
    options = {"out": tmp_path / "scans", "reporter": QUIET, "view_side": 0}
    scanned = scan([tmp_path / "small.png"], model, turns=8, **options)
    facts = scanned.rows[0].facts
    assert facts["lesions"] == 2
    assert "the slide are unknown" in facts["scale"]
    assert "view" not in {p.stem for p in (tmp_path / "scans" / "small").iterdir()}


@pytest.mark.slow
def test_every_pixel_is_answered_as_if_untiled(slides, tmp_path):
    """A fully convolutional network of Keras: tiles of tiles, and the whole at once."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Rescaling(1 / 127.5, offset=-1),
        keras.layers.Conv2D(4, 5, activation="relu"),
        keras.layers.Conv2D(4, 5, activation="relu"),
        keras.layers.Conv2D(2, 5),
    ]
    networks = []
    for shape in ((64, 64, 3), (None, None, 3)):
        inputs = x = keras.Input(shape)
        for layer in layers:
            x = layer(x)
        networks.append(keras.Model(inputs, x))
    tiles = TilePreprocessor((64, 64), margin=6)
    pixels = loaded(networks[0], tiles, PIXELS, (64, 64, 3))
    path = slides / "well.tif"
    options = {"out": tmp_path, "reporter": QUIET, "view_side": 0, "stride": 1}
    scanned = scan([path], pixels, whole=True, model_mpp=1.0, **options)
    assert scanned.rows[0].facts["level"] == 2
    with open_slide(path) as slide:
        level = slide.levels[2]
        whole = np.asarray(slide.read(2, 0, 0, level.width, level.height))
    padded = np.pad(whole, ((6, 6), (6, 6), (0, 0)), "reflect").astype("float32")
    logits = networks[1].predict_on_batch(padded[None])[0]
    untiled = 1 / (1 + np.exp(logits[..., 0] - logits[..., 1]))
    rows = np.fromfile(next(tmp_path.glob(".well.scan/*.f32")), "<f4")
    side = 768
    values = rows.reshape(-1, side, side, 2)[0, : level.height, : level.width, 1]
    assert values.shape == untiled.shape
    assert np.abs(values - untiled).max() < 1e-5


def test_what_cannot_be_scanned_is_one_line(model, slides, tmp_path):
    """Models, places and options, before anything is read."""
    path = slides / "ill.tif"
    options = {"out": tmp_path / "scans", "reporter": QUIET}
    grey = ImagePreprocessor((32, 32), channels=1)
    inputs = keras.Input((32, 32, 1))
    network = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(inputs)))
    for change, error, why in [
        ({"slides": []}, ConfigError, "No slide is named"),
        ({"slides": ["nothing.tif"]}, DataError, "There is no slide 'nothing.tif'"),
        ({"model": "none"}, ModelError, "No model 'none'"),
        (
            {"model": loaded(network, grey, INTERFACE, (32, 32, 1))},
            ModelError,
            "takes grey pictures",
        ),
        ({"target": "x"}, ConfigError, "Unknown class 'x'"),
        ({"truth": "none"}, DataError, "There is no truth"),
        ({"turns": 2}, ConfigError, "--turns"),
        ({"mask": "a", "whole": True}, ConfigError, "Choose one of"),
    ]:
        arguments = {"slides": [path], "model": model, **options, **change}
        with pytest.raises(error, match=why):
            scan(arguments.pop("slides"), arguments.pop("model"), **arguments)
    (tmp_path / "scans" / "ill").mkdir(parents=True)
    row = scan([path], model, **options).rows[0]
    assert "holds no scan. Choose another place" in row.error
