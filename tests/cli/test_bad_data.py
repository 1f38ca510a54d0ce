"""Data that cannot be used is told in one line; strange names are no trouble."""

import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.verbs.predict import PredictionRow, Predictions


def write_photos(folder, count=4, size=(40, 30)):
    """Write photos of noise, each of its own."""
    folder.mkdir(parents=True)
    for index in range(count):
        random = np.random.default_rng([index, *folder.name.encode()[:20]])
        pixels = random.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pixels": np.zeros(3)}, "no data that tfapp recognises. .*x_train,y_train"),
        (
            {"images": np.array([{}, 1], dtype=object), "labels": np.arange(2)},
            "it is damaged, no .npz file, or holds Python objects. Write it with",
        ),
        (
            {"images": np.zeros((0, 8, 8), np.uint8), "labels": np.arange(0)},
            r"has shape \(0, 8, 8, 1\). Expected .* none of them 0",
        ),
        (
            {"images": np.zeros((4, 0, 8), np.uint8), "labels": np.arange(4)},
            r"has shape \(4, 0, 8, 1\). Expected .* none of them 0",
        ),
        (
            {
                "data": np.zeros(0, np.uint8),
                "offsets": np.zeros(1, int),
                "labels": np.arange(0),
            },
            "holds no labelled example",
        ),
    ],
)
def test_npz_that_cannot_be_used(tmp_path, arrays, message):
    """Wrong keys, objects, and arrays without pixels are told."""
    from tfapp.verbs.check import check

    path = tmp_path / "set.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=message):
        check(str(path), reporter=_quiet())


def test_damaged_compressed_npz(tmp_path):
    """A flipped byte inside a compressed archive is the file's fault."""
    from tfapp.verbs.check import check

    path = tmp_path / "set.npz"
    images = np.random.default_rng(0).integers(0, 9, (20, 8, 8), dtype=np.uint8)
    np.savez_compressed(path, images=images, labels=np.arange(20) % 2)
    with zipfile.ZipFile(path) as archive:
        member = archive.infolist()[0]
    content = bytearray(path.read_bytes())
    for offset in range(member.header_offset + 80, member.header_offset + 120):
        content[offset] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"it is damaged"):
        check(str(path), reporter=_quiet())


def test_no_path_is_not_the_current_folder():
    """An unset shell variable must not train on whatever lies here."""
    from tfapp.verbs.check import check

    with pytest.raises(DataError, match=r"`data\.path` is empty\. Expected a folder"):
        check("", reporter=_quiet())


def test_class_names_of_two_lines_are_refused_before_training(tmp_path):
    """labels.txt of the export holds one name per line."""
    from tfapp.verbs.check import check

    write_photos(tmp_path / "set" / "cats")
    write_photos(tmp_path / "set" / "two\nlines")
    with pytest.raises(DataError, match=r"class name 'two\\nlines' is not one line"):
        check(str(tmp_path / "set"), reporter=_quiet())


def test_strange_names_are_fine(tmp_path):
    """Quotes, markup, other alphabets and long names are names like any other."""
    from tfapp.verbs.check import check

    names = ["<b>bold &", 'it\'s a "cat", 猫', "x" * 240]
    for name in names:
        write_photos(tmp_path / "set" / name)
    report = check(str(tmp_path / "set"), reporter=_quiet())
    assert report.per_class == dict.fromkeys(names, 4)


def test_names_that_are_not_utf_8(tmp_path):
    """A name in an old encoding is told as bytes; a prediction of it is no trouble."""
    from tfapp.verbs.check import check
    from tfapp.verbs.predict import write_csv

    old = os.fsdecode(b"\xe9t\xe9")
    write_photos(tmp_path / "set" / "winter")
    write_photos(tmp_path / "set" / "summer")
    (tmp_path / "set" / "summer").rename(tmp_path / "set" / old)
    with pytest.raises(DataError, match=r"the name b'\\xe9t\\xe9' is not UTF-8\. Ren"):
        check(str(tmp_path / "set"), reporter=_quiet())
    write_csv(tmp_path / "x.csv", Predictions((PredictionRow(old, "a"),)))
    assert "\\udce9t\\udce9" in (tmp_path / "x.csv").read_text(encoding="utf-8")


def test_many_small_classes_are_one_note(tmp_path):
    """Three hundred classes of four images do not print three hundred lines."""
    from tfapp.data import load_dataset
    from tfapp.recipes.config import DataConfig

    for index in range(6):
        write_photos(tmp_path / "set" / f"class{index}")
    dataset = load_dataset(
        DataConfig(kind="images", path=str(tmp_path / "set")),
        seed=0,
        cache_dir=tmp_path / "cache",
    )
    told = [note for note in dataset.notes if note.startswith("few images")]
    assert told == [
        "few images: class0 and 5 more classes, only 4 images to learn from; "
        "results will vary much."
    ]


def _quiet():
    from tfapp.base.reporter import Reporter

    return Reporter(quiet=True)
