"""Folders of images and masks, told from class folders by their names."""

import pytest

from tfapp.base.errors import DataError
from tfapp.data.detection import detect
from tfapp.domains.images.segmentation.layout.folders import (
    find_places,
    of_each_image,
)
from tfapp.domains.images.segmentation.layout.pairs import list_pairs


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
        (["with_mask", "without_mask"], "images"),
        (["JPEGImages", "SegmentationClass", "Annotations"], "masks"),
        (["PNGImages", "PedMasks"], "masks"),
        (["train", "train_masks"], "masks"),
        (["train_images", "train_masks", "val_images", "val_masks"], "masks"),
        (["imagesTr", "labelsTr", "imagesTs"], "masks"),
        (["training/images", "training/1st_manual", "training/mask"], "masks"),
        (["a/images", "a/masks", "b/images", "b/masks"], "masks"),
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


def test_splits_in_the_names_of_folders(tmp_path):
    """train_images and train_masks, imagesTr and labelsTr, train and train_masks."""
    one, two, three = (tmp_path / name for name in "abc")
    folders(one, "train_images", "train_masks", "val_images", "val_masks")
    assert [(p.split, p.masks.name) for p in find_places(one)] == [
        ("train", "train_masks"),
        ("validation", "val_masks"),
    ]
    folders(two, "imagesTr", "labelsTr")
    assert find_places(two)[0].split == "train"
    folders(three, "train", "train_masks")
    assert find_places(three) == []  # class folders may lie in train
    (three / "train" / "1.jpg").touch()
    (place,) = find_places(three)
    assert (place.images, place.masks) == (three / "train", three / "train_masks")


def test_the_first_word_counts(tmp_path):
    """DRIVE's masks are those of the vessels, not of the field of view."""
    folders(tmp_path, "images", "mask", "1st_manual")
    assert find_places(tmp_path)[0].masks.name == "1st_manual"


def test_a_folder_for_each_image(tmp_path):
    """Found by its names, and refused by them."""
    folders(
        tmp_path, *(f"img{i}/{part}" for i in range(3) for part in ("images", "masks"))
    )
    assert len(of_each_image(tmp_path)) == 3
    with pytest.raises(DataError, match="one of masks for each image, such as img0/"):
        list_pairs(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("1.txt", "1 text files, as YOLO writes them.*boxes have no outline"),
        ("1.xml", "XML files, as PASCAL VOC has them: boxes"),
        ("1.json", "JSON files, as annotation tools write them.*tfapp masks"),
        ("1.npy", "NumPy files"),
    ],
)
def test_labels_that_are_no_masks_are_refused_by_name(tmp_path, name, message):
    """With the way out."""
    folders(tmp_path, "images", "labels")
    (tmp_path / "images" / "1.jpg").touch()
    (tmp_path / "labels" / name).touch()
    with pytest.raises(DataError, match=message):
        list_pairs(str(tmp_path))
