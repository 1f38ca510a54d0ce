"""From outlines or colours to a folder that `check` understands."""

import io
import json

import numpy as np
import pytest
from PIL import Image

import tfapp
from tfapp.base.errors import ConfigError, DataError, UnknownNameError
from tfapp.base.reporter import Reporter

pytest.importorskip("pycocotools")
QUIET = Reporter(quiet=True)


@pytest.fixture
def annotated(tmp_path):
    """Six photos in two folders, and a COCO file of a square and a bar in each."""
    images, annotations = [], []
    random = np.random.default_rng(0)
    for number in range(6):
        name = f"{'ab'[number % 2]}/{number // 2}.png"
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (40, 48, 3), np.uint8)).save(path)
        images.append({"id": number, "file_name": name, "height": 40, "width": 48})
        corners = {1: [4, 4, 20, 4, 20, 20, 4, 20], 2: [30, 2, 34, 2, 34, 38, 30, 38]}
        annotations += [
            {
                "id": 10 * number + kind,
                "image_id": number,
                "category_id": kind,
                "segmentation": [points],
            }
            for kind, points in corners.items()
        ]
    categories = [{"id": 1, "name": "square"}, {"id": 2, "name": "bar"}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    file = tmp_path / "instances.json"
    file.write_text(json.dumps(content))
    return file


def test_a_drawn_folder_is_one_that_check_knows(annotated, tmp_path):
    """Images keep their bytes, equal names are told apart, classes have names."""
    photos = tmp_path / "photos"
    found = tfapp.masks(str(annotated), tmp_path / "set", images=photos, reporter=QUIET)
    assert found.class_names == ("background", "square", "bar")
    assert (found.images, found.notes) == (6, ())
    mask = np.asarray(Image.open(tmp_path / "set/masks/b_0.png"))
    assert np.unique(mask).tolist() == [0, 1, 2]
    assert (mask == 1).sum() == 256
    copied = (tmp_path / "set/images/b_0.png").read_bytes()
    assert copied == (photos / "b/0.png").read_bytes()
    report = tfapp.check(str(tmp_path / "set"), reporter=QUIET)
    assert report.usable == 6
    assert not report.problems


def test_chosen_classes(annotated, tmp_path):
    """What is not chosen is background."""
    found = tfapp.masks(
        str(annotated),
        tmp_path / "set",
        images=tmp_path / "photos",
        classes=["bar", "bar"],
        reporter=QUIET,
    )
    assert found.class_names == ("background", "bar")
    mask = np.asarray(Image.open(tmp_path / "set/masks/0.png"))
    assert np.unique(mask).tolist() == [0, 1]
    with pytest.raises(UnknownNameError, match="Unknown class 'bra'. Did you mean"):
        tfapp.masks(
            str(annotated),
            tmp_path / "other",
            images=tmp_path / "photos",
            classes=["bra"],
            reporter=QUIET,
        )


def test_a_background_that_is_a_class(annotated, tmp_path):
    """It has the value of what is not outlined, wherever it is listed."""
    file = tmp_path / "other.json"
    file.write_text(annotated.read_text().replace('"square"', '"background"'))
    photos = tmp_path / "photos"
    found = tfapp.masks(str(file), tmp_path / "set", images=photos, reporter=QUIET)
    assert found.class_names == ("background", "bar")
    mask = np.asarray(Image.open(tmp_path / "set/masks/0.png"))
    assert (mask == 1).sum() == 4 * 36
    assert mask.max() == 1


def test_labels_of_annotation_tools_for_background_and_ignored(annotated, tmp_path):
    """The one is value 0, the other 255, and neither is a class."""
    text = annotated.read_text().replace('"square"', '"__ignore__"')
    document = json.loads(text)
    document["categories"].append({"id": 3, "name": "_background_"})
    hole = {"category_id": 3, "segmentation": [[30, 10, 34, 10, 34, 14, 30, 14]]}
    document["annotations"].append({"id": 999, "image_id": 0, **hole})
    file = tmp_path / "other.json"
    file.write_text(json.dumps(document))
    photos = tmp_path / "photos"
    found = tfapp.masks(str(file), tmp_path / "set", images=photos, reporter=QUIET)
    assert found.class_names == ("background", "bar")
    mask = np.asarray(Image.open(tmp_path / "set/masks/0.png"))
    assert np.unique(mask).tolist() == [0, 1, 255]
    assert (mask == 255).sum() == 256
    assert (mask == 1).sum() == 4 * 36 - 16
    assert any("255" in note for note in found.notes)
    report = tfapp.check(str(tmp_path / "set"), reporter=QUIET)
    assert report.facts["ignore_value"] == 255


def test_nothing_becomes_background_in_silence(annotated, tmp_path):
    """What is not drawn is counted by its reason."""
    document = json.loads(annotated.read_text())
    document["annotations"][0]["segmentation"] = []
    document["annotations"][1]["category_id"] = 77
    annotated.write_text(json.dumps(document))
    photos = tmp_path / "photos"
    found = tfapp.masks(str(annotated), tmp_path / "set", images=photos, reporter=QUIET)
    assert len(found.notes) == 3
    assert "1 images have no outlined object" in found.notes[0]
    assert found.notes[1].endswith(
        "cover them: category 77, which the file does not list"
    )
    assert found.notes[2].endswith("cover them: no outline")


def test_annotations_without_any_outline_are_refused(annotated, tmp_path):
    """A set of nothing but background is no set."""
    document = json.loads(annotated.read_text())
    for row in document["annotations"]:
        row["segmentation"] = []
    annotated.write_text(json.dumps(document))
    photos = tmp_path / "photos"
    with pytest.raises(DataError, match="no object can be drawn: 12 .*: no outline"):
        tfapp.masks(str(annotated), tmp_path / "set", images=photos, reporter=QUIET)
    assert not (tmp_path / "set").exists()


def test_missing_images_are_told_and_wrong_ones_refused(annotated, tmp_path):
    """A part may be missing; all may not, and another size is another image."""
    with pytest.raises(DataError, match="none of its 6 images is there: .*--images"):
        tfapp.masks(str(annotated), tmp_path / "set", reporter=QUIET)
    photos = tmp_path / "photos"
    (photos / "a/0.png").unlink()
    made = tfapp.masks(str(annotated), tmp_path / "set", images=photos, reporter=QUIET)
    assert made.notes == ("1 images are named that are not there",)
    Image.new("RGB", (48, 41)).save(photos / "b/0.png")
    with pytest.raises(DataError, match="has 48x41 pixels, but its outlines are for"):
        tfapp.masks(str(annotated), tmp_path / "set2", images=photos, reporter=QUIET)
    (photos / "b/0.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"b/0.png is no readable image"):
        tfapp.masks(str(annotated), tmp_path / "set2", images=photos, reporter=QUIET)
    assert not (tmp_path / "set2").exists()


def test_places_that_do_not_fit(annotated, tmp_path, monkeypatch):
    """Nothing is written over, and the extra is named."""
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").touch()
    with pytest.raises(ConfigError, match="taken is there already. Choose a new"):
        tfapp.masks(str(annotated), taken, reporter=QUIET)
    with pytest.raises(ConfigError, match="--images is for a COCO file"):
        tfapp.masks(str(tmp_path), tmp_path / "set", images="x", reporter=QUIET)
    with pytest.raises(ConfigError, match="'nowhere' is no folder"):
        tfapp.masks(str(annotated), tmp_path / "set", images="nowhere", reporter=QUIET)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'tfapp\[polygons\]'"):
        tfapp.masks(str(annotated), tmp_path / "set", reporter=QUIET)


RED, GREEN = (255, 0, 0), (0, 128, 0)


@pytest.fixture
def make_coloured(tmp_path):
    """Return a maker of photos with masks: a ground, a red square, a green bar."""

    def make(ground=(0, 0, 0), splits=("",)):
        root = tmp_path / "coloured"
        random = np.random.default_rng(0)
        for split in splits:
            for part in ("images", "masks"):
                (root / split / part).mkdir(parents=True)
            for number in range(6):
                photo = random.integers(0, 255, (40, 48, 3), np.uint8)
                Image.fromarray(photo).save(root / split / f"images/{number}.png")
                mask = np.full((40, 48, 3), ground, np.uint8)
                mask[4:20, 4:20], mask[2:38, 30:34] = RED, GREEN
                place = root / split / f"masks/{number}_mask.png"
                Image.fromarray(mask).save(place)
        return root

    return make


def test_colours_become_numbers(make_coloured, tmp_path):
    """Black is the background; what is out of colours is a set for `check`."""
    root = make_coloured()
    (root / "about.json").write_text("{}")
    for number in range(7):
        Image.new("RGB", (8, 8)).save(root / f"images/lonely{number}.png")
    found = tfapp.masks(str(root), tmp_path / "set", reporter=QUIET)
    assert found.class_names == ("background", "#008000", "#ff0000")
    assert found.images == 6
    assert found.notes[0].startswith("images/lonely0.png: no mask (left out)")
    assert found.notes[5:] == ("and 2 more like these",)
    mask = np.asarray(Image.open(tmp_path / "set/masks/0.png"))
    assert [(mask == value).sum() for value in range(3)] == [1520, 144, 256]
    assert not tfapp.check(str(tmp_path / "set"), reporter=QUIET).problems


def test_colours_without_black_and_chosen_ones(make_coloured, tmp_path):
    """Where every pixel has a class there is no other; what is left out becomes one."""
    root = make_coloured(ground=(9, 9, 9))
    found = tfapp.masks(str(root), tmp_path / "all", reporter=QUIET)
    assert found.class_names == ("#008000", "#090909", "#ff0000")
    mask = np.asarray(Image.open(tmp_path / "all/masks/0.png"))
    assert [(mask == value).sum() for value in range(3)] == [144, 1520, 256]
    one = tfapp.masks(str(root), tmp_path / "one", classes=["#ff0000"], reporter=QUIET)
    assert one.class_names == ("background", "#ff0000")
    mask = np.asarray(Image.open(tmp_path / "one/masks/0.png"))
    assert [(mask == value).sum() for value in range(2)] == [1664, 256]


def test_splits_of_coloured_masks_are_kept(make_coloured, tmp_path):
    """A given test set stays one."""
    root = make_coloured(splits=("train", "test"))
    found = tfapp.masks(str(root), tmp_path / "set", reporter=QUIET)
    assert found.images == 12
    expected = [f"{number}.png" for number in range(6)]
    for split in ("train", "test"):
        for part in ("images", "masks"):
            folder = tmp_path / "set" / split / part
            assert sorted(path.name for path in folder.iterdir()) == expected


def test_coloured_masks_that_cannot_be_used(make_coloured, tmp_path):
    """Each is named; nothing is left behind."""
    root = make_coloured()
    mask = root / "masks/1_mask.png"
    Image.new("RGB", (48, 41)).save(mask)
    wrong = [(r"1\.png has 48x40 pixels, but its mask is for 48x41", None)]
    noise = np.random.default_rng(0).integers(0, 255, (40, 48, 3), np.uint8)
    wrong.append((r"1_mask.png has 1,9\d\d colours. Expected one per class", noise))
    wrong.append((r"1_mask.png: it cannot be read as an image", b"no picture"))
    Image.new("1", (20_000, 9_000)).save(huge := io.BytesIO(), "PNG")
    wrong.append((r"1_mask.png: 20000 x 9000 pixels are above", huge.getvalue()))
    for message, content in wrong:
        if isinstance(content, bytes):
            mask.write_bytes(content)
        elif content is not None:
            Image.fromarray(content).save(mask)
        with pytest.raises(DataError, match=message):
            tfapp.masks(str(root), tmp_path / "set", reporter=QUIET)
        assert not (tmp_path / "set").exists()


def test_coloured_masks_are_refused_with_the_way_out(make_coloured):
    """What trains on them names the command that numbers the colours."""
    with pytest.raises(DataError, match="it has colours.*tfapp masks FOLDER --to NEW"):
        tfapp.fit(str(make_coloured()), reporter=QUIET)


def test_drawing_does_not_start_tensorflow(annotated, tmp_path, in_fresh_process):
    """Outlines and masks need neither TensorFlow nor Keras."""
    code = (
        "import json, sys, tfapp; file, folder, photos = sys.argv[1:];"
        "tfapp.masks(file, folder, images=photos);"
        "print(json.dumps([m for m in ('tensorflow', 'keras') if m in sys.modules]))"
    )
    places = annotated, tmp_path / "drawn", tmp_path / "photos"
    assert in_fresh_process(code, *places) == []
    assert (tmp_path / "drawn" / "masks").is_dir()
