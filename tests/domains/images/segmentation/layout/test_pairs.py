"""Images and their masks, paired by name or by page."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.segmentation.layout.pairs import list_pairs, natural_key


def names(images, masks):
    """Return the names of the images and of their masks."""
    pairs = zip(images.examples, masks.examples, strict=True)
    return [tuple(e.name.rpartition("/")[2] for e in pair) for pair in pairs]


def test_names_are_in_the_order_of_their_numbers(make_scenes):
    """2 comes before 10, as the slices of a volume do."""
    found = names(*list_pairs(str(make_scenes({"": 12}))))
    assert found == [(f"{i}.png", f"{i}.png") for i in range(12)]
    assert sorted(["s10", "s9", "s1b"], key=natural_key) == ["s1b", "s9", "s10"]


def test_masks_may_be_called_masks(make_scenes):
    """An ending such as _mask, and another format, do not matter."""
    root = make_scenes({"": 2})
    (root / "masks" / "0.png").rename(root / "masks" / "0_mask.png")
    image = Image.open(root / "images" / "1.png")
    image.save(root / "images" / "1.jpg")
    (root / "images" / "1.png").unlink()
    images, masks = list_pairs(str(root))
    assert names(images, masks) == [("0.png", "0_mask.png"), ("1.jpg", "1.png")]
    assert not images.problems


def test_of_files_with_the_same_name_the_first_counts_and_the_others_are_told(
    make_scenes,
):
    """Nothing is left out in silence, however its name ends."""
    root = make_scenes({"": 4})
    image = Image.open(root / "images" / "1.png")
    image.save(root / "images" / "1.jpg")
    mask = Image.open(root / "masks" / "2.png")
    mask.save(root / "masks" / "2.bmp")
    mask.save(root / "masks" / "2_mask.png")
    for folder in ("images", "masks"):
        (root / folder / "3.png").rename(root / folder / "3_seg.png")
    images, masks = list_pairs(str(root))
    assert names(images, masks) == [
        ("0.png", "0.png"),
        ("1.png", "1.png"),
        ("2.png", "2.bmp"),
        ("3_seg.png", "3_seg.png"),
    ]
    assert [(p.path, p.kind) for p in images.problems] == [
        ("images/1.jpg", "same name"),
        ("masks/2.png", "no image"),
        ("masks/2_mask.png", "no image"),
    ]
    assert "1.png has the same name" in images.problems[0].detail


def test_an_image_without_a_mask_and_a_mask_without_an_image(make_scenes):
    """Both are told, and the others used."""
    root = make_scenes({"": 4})
    (root / "masks" / "1.png").unlink()
    (root / "images" / "2.png").unlink()
    (root / "masks" / "notes.txt").write_text("hello")
    images, masks = list_pairs(str(root))
    assert [n for n, _ in names(images, masks)] == ["0.png", "3.png"]
    assert [(p.path, p.kind) for p in images.problems] == [
        ("images/1.png", "no mask"),
        ("masks/2.png", "no image"),
    ]
    assert images.skipped["foreign"] == 1


def test_pages_of_a_tiff_stack(tmp_path, scene):
    """Every page is an image, paired with the mask of its number."""
    pairs = [scene(seed) for seed in range(3)]
    for part, name in enumerate(("train-volume.tif", "train-labels.tif")):
        pages = [Image.fromarray(pair[part]) for pair in pairs]
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
    images, masks = list_pairs(str(tmp_path))
    assert [e.split for e in images.examples] == ["train"] * 3
    for example, mask, pair in zip(images.examples, masks.examples, pairs, strict=True):
        read = [images.read(example), masks.read(mask)]
        for data, pixels in zip(read, pair, strict=True):
            np.testing.assert_array_equal(Image.open(io.BytesIO(data)), pixels)


def test_stacks_in_folders_of_their_own(tmp_path, scene):
    """One stack each in images/ and masks/ belong together, whatever their names."""
    for part, name in enumerate(("images/cells.tif", "masks/truth.tif")):
        (tmp_path / name).parent.mkdir()
        pages = [Image.fromarray(scene(seed)[part]) for seed in range(2)]
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
    images, masks = list_pairs(str(tmp_path))
    assert names(images, masks)[1] == ("cells.tif#0001", "truth.tif#0001")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: None, "holds no images with masks. Expected images/ and masks/"),
        (
            lambda root: [(root / n).mkdir() for n in ("images", "masks")],
            "no image has a mask of the same name",
        ),
    ],
)
def test_nothing_there(tmp_path, make, message):
    """No folders, or empty ones, are one clear line with the layout expected."""
    make(tmp_path)
    with pytest.raises(DataError, match=message) as caught:
        list_pairs(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_damaged_stack(tmp_path):
    """What is no TIFF is named."""
    (tmp_path / "train-volume.tif").write_bytes(b"II*\0 and then nothing")
    (tmp_path / "train-labels.tif").write_bytes(b"II*\0 and then nothing")
    with pytest.raises(DataError, match=r"train-volume\.tif cannot be read as TIFF"):
        list_pairs(str(tmp_path))
