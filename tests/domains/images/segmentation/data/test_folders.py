"""Folders of images and masks, told from class folders by their names."""

import pytest

from tfapp.base.errors import DataError
from tfapp.data.detection import detect
from tfapp.domains.images.segmentation.data.folders import find_places


def folders(root, *names):
    """Make empty folders."""
    for name in names:
        (root / name).mkdir(parents=True)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["images", "masks"], "masks"),
        (["image", "label"], "masks"),
        (["Images", "GT"], "masks"),
        (["train/image", "train/label", "test/image"], "masks"),
        (["train/images", "val/images"], "images"),
        (["cats", "dogs"], "images"),
        (["images", "dogs"], "images"),
        (["train/cats", "train/dogs"], "images"),
    ],
)
def test_kinds(tmp_path, names, kind):
    """A mask folder next to an image folder makes it a set of masks."""
    folders(tmp_path, *names)
    (tmp_path / names[0] / "1.PNG").touch()
    assert detect(str(tmp_path)).data == kind


def test_folders_without_images_are_refused(tmp_path):
    """An empty folder is no data set of any kind."""
    folders(tmp_path, "cats", "dogs")
    with pytest.raises(DataError, match="holds no data that tfapp recognises"):
        detect(str(tmp_path))


def test_splits_and_images_without_masks(tmp_path):
    """Each split has its pair; a split without masks says so."""
    folders(tmp_path, "train/image", "train/label", "test/image")
    test, train = find_places(tmp_path)
    assert (train.split, train.masks) == ("train", tmp_path / "train" / "label")
    assert (test.split, test.masks) == ("test", None)


def test_stacks_of_the_challenge(tmp_path):
    """TIFF stacks are paired by the ends of their names."""
    for name in ("train-volume.tif", "train-labels.tif", "test-volume.tif"):
        (tmp_path / name).write_bytes(b"")
    test, train = find_places(tmp_path)
    assert train.masks == tmp_path / "train-labels.tif"
    assert test.masks is None
    assert detect(str(tmp_path)).data == "masks"
