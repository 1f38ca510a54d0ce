"""Trouble with masks: told by check, left out or refused by training."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from tfapp.base.errors import ConfigError, DataError
from tfapp.data import check_data, load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.images.segmentation.plan import plan
from tfapp.recipes.config import DataConfig
from tfapp.recipes.plan import Machine


@pytest.fixture
def check(tmp_path):
    """Return a function: folder to the report of the check."""

    def call(root):
        config = DataConfig(path=str(root), kind="masks")
        return check_data(config, cache_dir=tmp_path / "cache")

    return call


@pytest.fixture
def load(tmp_path):
    """Return a function: folder and options to the data set."""

    def call(root, keys=None, **options):
        options = {"tile_size": [16, 16], "channels": 1, **options}
        config = DataConfig(path=str(root), kind="masks", options=options)
        config = config.model_copy(update=keys or {})
        return load_dataset(config, seed=0, cache_dir=tmp_path / "cache")

    return call


def kinds(report):
    """Return the kinds of the problems, and how severe they are."""
    return {(p.kind, p.severity) for p in report.problems}


def test_a_good_set(make_scenes, check):
    """Counts, sizes and classes of a set without faults."""
    report = check(make_scenes({"": 6}))
    assert report.usable == 6
    assert report.facts["median_size"] == (40, 48)
    assert report.classes == {"value 0": {"masks": 6}, "value 255": {"masks": 6}}
    assert not [p for p in report.problems if p.severity == "left out"]


def test_faults_of_single_masks(make_scenes, check, encode):
    """Each unusable mask is left out with its reason, and counted."""
    root = make_scenes({"": 12})
    masks = root / "masks"
    (masks / "0.png").unlink()
    (masks / "1.png").write_bytes(b"")
    (masks / "2.png").write_bytes(encode(np.zeros((20, 20), np.uint8)))
    noise = np.random.default_rng(0).integers(0, 255, (40, 48), dtype=np.uint8)
    (masks / "3.png").write_bytes(encode(noise))
    report = check(root)
    assert kinds(report) >= {
        ("no mask", "left out"),
        ("unreadable mask", "left out"),
        ("mask of another size", "left out"),
        ("too many values", "left out"),
    }
    assert report.counts["files"] == 12
    assert report.usable == 8
    said = {p.kind: p.detail for p in report.problems}
    assert (
        "the image has 48 x 40 pixels, its mask 20 x 20"
        in (said["mask of another size"])
    )
    assert "save masks as PNG, without smoothing" in said["too many values"]


def test_one_image_with_two_masks(make_scenes, check):
    """Which of them is right nobody can tell, so both are left out."""
    root = make_scenes({"": 6})
    (root / "images" / "1.png").write_bytes((root / "images" / "0.png").read_bytes())
    report = check(root)
    assert ("conflicting masks", "left out") in kinds(report)
    assert report.usable == 4


def test_empty_masks_and_rare_classes_are_noted(make_scenes, check, encode):
    """A mask without objects is used; a class of a few pixels is worth a look."""
    root = make_scenes({"": 5})
    empty = np.zeros((40, 48), np.uint8)
    (root / "masks" / "0.png").write_bytes(encode(empty))
    empty[3, 3] = 7
    (root / "masks" / "1.png").write_bytes(encode(empty))
    report = check(root)
    assert report.usable == 5
    assert kinds(report) >= {("empty masks", "note"), ("rare class", "note")}


def test_too_many_faults_are_refused(make_scenes, load):
    """More than a tenth without a mask: training does not start."""
    root = make_scenes({"": 6})
    for number in range(3):
        (root / "masks" / f"{number}.png").unlink()
    with pytest.raises(DataError, match=r"3 of 6 files cannot be used .*\(no mask\)"):
        load(root)


def test_masks_of_one_value(make_scenes, load, encode):
    """Where every mask is empty there is nothing to learn."""
    root = make_scenes({"": 4})
    for path in (root / "masks").iterdir():
        path.write_bytes(encode(np.zeros((40, 48), np.uint8)))
    with pytest.raises(DataError, match="every mask holds the value 0 alone"):
        load(root)


def test_values_that_are_not_expected(make_scenes, load, encode, scene):
    """With `values` given, a mask with others is left out, or refuses the set."""
    root = make_scenes({"": 12})
    strange = scene(1)[1]
    strange[0, 0] = 9
    (root / "masks" / "0.png").write_bytes(encode(strange))
    assert len(load(root).info.labels) == 3
    dataset = load(root, values=[0, 255])
    assert dataset.info.labels == ("background", "foreground")
    assert sum(map(len, dataset.examples.values())) == 11
    with pytest.raises(DataError, match="12 of 12 files .*unexpected values"):
        load(root, values=[0, 1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"values": [255, 0]}, "`values` must be ascending"),
        (
            {"class_names": ["cell"]},
            r"`class_names` \(or classes.txt\) has 1 names for 2 values",
        ),
        ({"tile_size": [16, 16], "margin": 8}, "each larger than twice the `margin`"),
        ({"crops": 0}, "`crops` must be at least 1. Received: 0"),
        ({"elastic": -1.0}, "`elastic` must be pixels, not negative"),
        ({"border_sigma": 0.0}, "`border_sigma` must be pixels, above 0"),
    ],
)
def test_options_out_of_range(make_scenes, load, options, message):
    """Each option names what is expected."""
    with pytest.raises(ConfigError, match=message):
        load(make_scenes({"": 4}), **options)


def test_a_trained_model_tells_unknown_values(make_scenes, tmp_path, encode, scene):
    """Other data is tested by the classes that the model knows."""
    from tfapp.data import load_test_only

    root = make_scenes({"": 3})
    config = DataConfig(
        path=str(root), kind="masks", options={"tile_size": [16, 16], "channels": 1}
    )
    names = ("background", "foreground")
    dataset = load_test_only(config, names, cache_dir=tmp_path / "cache")
    assert len(dataset.examples["test"]) == 3
    assert dataset.preprocessor.mask_values == (0, 255)
    strange = scene(1)[1]
    strange[0, 0] = 9
    (root / "masks" / "0.png").write_bytes(encode(strange))
    with pytest.raises(DataError, match=r"values \[9\], which are none of the classes"):
        load_test_only(config, names, cache_dir=tmp_path / "cache")


@pytest.fixture
def bordered(make_scenes, encode):
    """Scenes whose masks hold 0, 1 and a border of 255."""
    root = make_scenes({"": 8})
    for path in sorted((root / "masks").iterdir()):
        inside = np.asarray(Image.open(path)) > 0
        thick = ndimage.binary_dilation(inside, iterations=2)
        mask = np.where(inside, 1, np.where(thick, 255, 0)).astype(np.uint8)
        path.write_bytes(encode(mask))
    return root


def test_a_border_is_proposed_to_be_ignored(bordered, check, load):
    """Check and `fit` leave it out; a recipe has to say so, and is told."""
    report = check(bordered)
    assert report.facts["ignore_value"] == 255
    assert list(report.classes) == ["value 0", "value 1"]
    assert ("ignored value", "note") in kinds(report)
    chosen = plan(report, Machine())
    assert chosen.table["data"]["options"]["ignore_value"] == 255
    assert any("value 255" in reason for reason in chosen.reasons)
    told = load(bordered)
    assert "ignore_value = 255" in told.notes[0]
    assert told.info.labels == ("0", "1", "255")
    dataset = load(bordered, ignore_value=255)
    assert dataset.info.labels == ("background", "foreground")
    assert not any("ignore_value" in note for note in dataset.notes)
    truth = dataset.truth(dataset.examples["test"][0])
    assert set(np.unique(truth)) == {0, 1, 255}
    _, answers = next(iter(dataset.batches(dataset.examples["train"], Pass())))
    sums = answers.numpy().sum(axis=-1)
    assert set(np.unique(sums)) == {0, 1}


@pytest.mark.parametrize(("value", "ignored"), [(255, False), (1, False), (254, False)])
def test_other_values_are_no_border(make_scenes, check, encode, value, ignored):
    """0 and 255 alone are background and foreground."""
    root = make_scenes({"": 5}, size=(40, 48))
    for path in sorted((root / "masks").iterdir()):
        inside = np.asarray(Image.open(path)) > 0
        path.write_bytes(encode((inside * value).astype(np.uint8)))
    assert ("ignore_value" in check(root).facts) == ignored


def test_masks_that_hold_nothing_else_are_left_out(bordered, check, encode):
    """An image of which no pixel counts teaches nothing."""
    (bordered / "masks" / "0.png").write_bytes(encode(np.full((40, 48), 255, np.uint8)))
    report = check(bordered)
    assert ("nothing but ignored", "left out") in kinds(report)


def test_check_says_what_training_refuses(make_scenes, check, encode):
    """Masks of one value, names that do not fit, transparency, numbers of objects."""
    root = make_scenes({"": 6})
    (root / "classes.txt").write_text("a\nb\nc\n", encoding="utf-8")
    (refused,) = [p for p in check(root).problems if p.severity == "refused"]
    assert "3 names for 2 values" in refused.detail
    (root / "classes.txt").unlink()
    masks = sorted((root / "masks").iterdir())
    for number, path in enumerate(masks):
        inside = np.asarray(Image.open(path)) > 0
        numbers = inside * (number + 1) + np.roll(inside, 7, 1) * (number + 40)
        path.write_bytes(encode(numbers.astype(np.uint16)))
    assert ("object numbers", "used with care") in kinds(check(root))
    for path in masks:
        path.write_bytes(encode(np.zeros((40, 48), np.uint8)))
    (refused,) = [p for p in check(root).problems if p.severity == "refused"]
    assert "every mask holds the value 0 alone" in refused.detail
    for path in masks:
        pixels = np.zeros((40, 48, 4), np.uint8)
        pixels[:20, :, 3] = 255
        path.write_bytes(encode(pixels))
    details = [p.detail for p in check(root).problems]
    assert any("only the transparency differs" in detail for detail in details)
