"""NumPy archives."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.reading.sources.npz_arrays import npz_arrays


@pytest.fixture
def read(tmp_path, context_for):
    """Return a function: arrays to the source."""

    def make(**arrays):
        path = tmp_path / "set.npz"
        np.savez(path, **arrays)
        return npz_arrays(str(path), context_for(path))

    return make


def pixels(source, index):
    """Return one example's decoded pixels."""
    with Image.open(io.BytesIO(source.read(source.examples[index]))) as image:
        return np.asarray(image)


IMAGES = np.random.default_rng(0).integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)
LABELS = np.arange(12) % 11


def test_keras_form(read):
    """x_train and its sisters keep pixels, splits and numeric class order."""
    source = read(
        x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:2], y_test=LABELS[:2, None]
    )
    assert source.labels == tuple(map(str, range(11)))  # 10 after 9, not after 1
    assert [e.split for e in source.examples] == ["train"] * 12 + ["test"] * 2
    assert source.examples[10].target == "10"
    np.testing.assert_array_equal(pixels(source, 3), IMAGES[3])
    assert source.notes == ()


def test_images_and_class_names(read):
    """Class names come in their own order, those without images are left out."""
    names = np.array(["zebra", "unused", "ant"])
    source = read(
        images=IMAGES[..., 0], labels=np.arange(12) % 2 * 2, class_names=names
    )
    assert source.labels == ("zebra", "ant")
    assert [e.target for e in source.examples[:2]] == ["zebra", "ant"]
    np.testing.assert_array_equal(pixels(source, 0), IMAGES[0, ..., 0])


def test_text_labels(read):
    """Labels may be the class names themselves."""
    source = read(images=IMAGES[:3], labels=np.array(["b", "a", "b"]))
    assert source.labels == ("a", "b")


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_floats_are_converted_and_said(read, scale):
    """Floats in [0, 1] or [0, 255] become the same bytes, with a note."""
    source = read(images=IMAGES / 255.0 * scale, labels=LABELS)
    np.testing.assert_array_equal(pixels(source, 3), IMAGES[3])
    assert "float64" in source.notes[0]


def test_packed_files(read, encode):
    """Files packed end to end come out byte for byte."""
    files = [encode(image, "JPEG") for image in IMAGES[:4]]
    source = read(
        data=np.frombuffer(b"".join(files), np.uint8),
        offsets=np.cumsum([0, *map(len, files)]),
        labels=np.array([0, 1, 0, 1]),
        names=np.array(["w", "x", "y", "z"]),
        class_names=np.array(["cat", "dog"]),
    )
    assert [source.read(e) for e in source.examples] == files
    assert source.examples[2].name == "set.npz/images/00002_y"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": IMAGES}, r"holds the arrays \['a'\]. Expected x_train,y_train"),
        (
            {"images": IMAGES[0, 0], "labels": LABELS},
            r"has shape \(5, 3\). Expected \(images, height, width\)",
        ),
        ({"images": IMAGES - 0.5, "labels": LABELS}, r"holds values from -0.5 to"),
        ({"images": IMAGES * np.nan, "labels": LABELS}, r"holds values from nan"),
        ({"images": IMAGES.astype(str), "labels": LABELS}, r"has dtype <U"),
        ({"images": IMAGES, "labels": LABELS[:5]}, r"`labels` has shape \(5,\)"),
        ({"images": IMAGES, "labels": LABELS * 0.5}, r"dtype float64. Expected one"),
        (
            {"images": IMAGES, "labels": LABELS, "class_names": np.array(["a", "b"])},
            r"labels run from 0 to 10 but there are 2 class_names",
        ),
        ({"images": IMAGES, "labels": LABELS - 1}, "the label -1 names no class"),
        ({"images": IMAGES, "labels": LABELS * 0}, r"holds the single class '0'"),
        (
            {"data": np.zeros(9, np.uint8), "offsets": [0, 5, 4], "labels": [0, 1]},
            r"`offsets` do not cut `data`",
        ),
        ({"images": np.array([{}]), "labels": LABELS}, r"cannot be read as a NumPy"),
    ],
)
def test_unusable_archives(read, arrays, message):
    """Wrong keys, shapes, types and ranges are each one clear error."""
    with pytest.raises(DataError, match=message):
        read(**arrays)


def test_no_archive_at_all(tmp_path, context_for):
    """A file that only calls itself .npz is refused."""
    path = tmp_path / "fake.npz"
    path.write_bytes(b"hello")
    with pytest.raises(DataError, match=r"fake.npz cannot be read as a NumPy archive"):
        npz_arrays(str(path), context_for(path))
