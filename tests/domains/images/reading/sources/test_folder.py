"""Listing class folders."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.data.detection import detect
from tfapp.domains.images.check import examine
from tfapp.domains.images.reading.sources import open_source
from tfapp.domains.images.reading.sources.folder import folder


@pytest.fixture
def listed(make_folder, context_for):
    """Return a function: counts by folder to the source."""

    def make(counts):
        root = make_folder(counts)
        return folder(str(root), context_for(root))

    return make


def counts(source):
    """Return the number of examples by (split, label)."""
    found = {}
    for e in source.examples:
        found[e.split, e.target] = found.get((e.split, e.target), 0) + 1
    return found


def test_class_folders(listed):
    """Each folder is a class, sorted by name; nothing is split yet."""
    source = listed({"dogs": 2, "cats": 3})
    assert source.labels == ("cats", "dogs")
    assert counts(source) == {("", "cats"): 3, ("", "dogs"): 2}
    assert source.relative_name(source.examples[0]) == "cats/000.png"


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("train", "test"), {"train", "test"}),
        (("Training", "val", "testing"), {"train", "validation", "test"}),
        (("train", "valid"), {"train", "validation"}),
        (("train",), {"train"}),
    ],
)
def test_split_folders(listed, names, splits):
    """All usual names of split folders are understood; not all need exist."""
    source = listed({f"{s}/{c}": 2 for s in names for c in ("cats", "dogs")})
    assert {e.split for e in source.examples} == splits
    assert source.labels == ("cats", "dogs")


def test_a_class_called_train(listed):
    """Beside cars and buses, a train is a vehicle and not a split."""
    source = listed({"bus": 2, "car": 2, "train": 2})
    assert source.labels == ("bus", "car", "train")
    assert {e.split for e in source.examples} == {""}


def test_folders_beside_the_splits_are_reported(listed):
    """What stands beside split folders is left out, and said so."""
    source = listed({"train/a": 2, "train/b": 2, "test/a": 1, "raw/a": 5})
    assert len(source.examples) == 5
    assert [p.kind for p in source.problems] == ["foreign folder"]


def test_hidden_foreign_and_nested_files(make_folder, context_for):
    """Hidden and foreign files are counted, subfolders belong to their class."""
    root = make_folder({"cats": 2, "cats/indoor/old": 1, "dogs": 2})
    for name in ("cats/.DS_Store", "dogs/Thumbs.db", ".git", "cats/notes.txt"):
        (root / name).write_text("x")
    for name in ("__MACOSX", "dogs/.ipynb_checkpoints"):
        (root / name).mkdir()
        (root / name / "000.png").write_bytes(b"x")
    source = folder(str(root), context_for(root))
    assert counts(source) == {("", "cats"): 3, ("", "dogs"): 2}
    assert source.skipped == {"hidden": 5, "foreign": 1}
    assert [p.kind for p in source.problems] == ["nested folders"]


def test_upper_case_and_unknown_image_kinds_are_candidates(make_folder, context_for):
    """Extensions count in any case, and undecodable images are not overlooked."""
    root = make_folder({"cats": 1, "dogs": 1})
    (root / "cats" / "A.JPG").write_bytes(b"x")
    (root / "cats" / "b.tiff").write_bytes(b"x")
    assert len(folder(str(root), context_for(root)).examples) == 4


def test_linked_folders_are_followed_once(make_folder, context_for, tmp_path):
    """Links to class folders work and circles end."""
    root = make_folder({"cats": 2, "dogs": 1})
    (root / "dogs" / "circle").symlink_to(root / "dogs")
    (tmp_path / "pets2").mkdir()
    (tmp_path / "pets2" / "cats").symlink_to(root / "cats")
    (tmp_path / "pets2" / "dogs").symlink_to(root / "dogs")
    source = folder(str(tmp_path / "pets2"), context_for("x"))
    assert counts(source) == {("", "cats"): 2, ("", "dogs"): 1}


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (
            {".": 3},
            r"3 images but no class folders, such as 000.*Expected one folder per",
        ),
        ({"cats": 0}, r"holds no images. Expected one folder of images per class"),
        ({"cats": 2}, r"holds the single class 'cats' \(2 images\). Expected at least"),
        ({"all/cats": 2, "all/dogs": 2}, r"single class 'all' .*perhaps .*all was"),
        ({"test/a": 1, "val/b": 1}, r"has \['test', 'val'\] but no train folder"),
        ({"train/a": 1, "val/a": 1, "valid/a": 1}, r"has two validation folders"),
        ({"train": 4, "test": 2}, r"holds . images but no class folders"),
        (
            {"train/a": 2, "train/b": 2, "test/c": 1},
            r"classes \['c'\] occur in test but not in train. .*\['a', 'b'\]",
        ),
    ],
)
def test_unusable_layouts(listed, layout, message):
    """Each unusable layout is one clear error."""
    with pytest.raises(DataError, match=message):
        listed(layout)


def test_a_trained_model_may_be_tested_on_one_class(make_folder, context_for):
    """Nothing has to be told apart; to learn from, one class is too few."""
    root = make_folder({"cats": 2})
    context = context_for(root)
    with pytest.raises(DataError, match="single class 'cats'"):
        folder(str(root), context)
    tested = replace(context, labels=("cats", "dogs"))
    assert folder(str(root), tested).labels == ("cats",)


def test_classes_are_spelled_as_in_training(tmp_path, context_for):
    """By case and by the form of Unicode, as macOS and Windows change them."""
    for place in ("train/Caf\u00e9", "train/dogs", "test/Cafe\u0301", "test/DOGS"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "1.png").touch()
    source = folder(str(tmp_path), context_for(tmp_path))
    assert source.labels == ("Caf\u00e9", "dogs")
    tested = {e.target for e in source.examples if e.split == "test"}
    assert tested == {"Caf\u00e9", "dogs"}


def test_images_and_masks_are_no_classes(tmp_path, context_for, scene, encode):
    """Two folders of equal names, one of few values, whatever they are called."""
    for number in range(8):
        for part, pixels in zip(("photos_a", "b"), scene(number), strict=True):
            (tmp_path / part).mkdir(exist_ok=True)
            (tmp_path / part / f"{number}.png").write_bytes(encode(pixels))
    with pytest.raises(DataError, match="'b' holds pictures of few values.*images and"):
        folder(str(tmp_path), context_for(tmp_path))
    for path in (tmp_path / "b").iterdir():  # of another size: no masks of these
        path.write_bytes(encode(scene(0, 50, 60)[1]))
    assert folder(str(tmp_path), context_for(tmp_path)).labels == ("b", "photos_a")


def test_a_pipe_among_the_photos_stops_nothing(tmp_path, context_for, picture, encode):
    """It is left out; reading it would wait for ever."""
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(5):
            data = encode(picture(10 * ord(label) + number))
            (tmp_path / label / f"{number}.png").write_bytes(data)
    os.mkfifo(tmp_path / "a" / "pipe.png")
    context = context_for(tmp_path)
    report = examine(open_source(context), context).report
    (bad,) = [p for p in report.problems if p.severity == "left out"]
    assert bad.path == "a/pipe.png"
    assert "no regular file but a pipe" in bad.detail


def test_a_folder_with_the_name_of_a_set_or_a_variable(
    tmp_path, context_for, monkeypatch, make_folder
):
    """Both are named; a $ in the name of a folder that is there is no variable."""
    make_folder({"one": 2, "two": 2}, "digits")
    make_folder({"one": 2, "two": 2}, "pay$roll")
    monkeypatch.chdir(tmp_path)
    for look in (lambda: open_source(context_for("digits")), lambda: detect("digits")):
        with pytest.raises(DataError, match=r"Write './digits' for the folder"):
            look()
    assert open_source(context_for("./digits")).labels == ("one", "two")
    assert open_source(context_for("pay$roll")).labels == ("one", "two")


@pytest.fixture
def named(tmp_path, context_for):
    """Return a function: names of files and a pattern to the source."""

    def make(pattern, *names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        options = {"label_from": pattern}
        return folder(str(tmp_path), context_for(tmp_path, options=options))

    return make


def test_a_flat_folder_shows_the_ways_out(named):
    """The message has every option, and the pattern that fits the names."""
    names = [f"{c}_{i}.jpg" for c in ("cat", "big dog") for i in range(3)]
    with pytest.raises(DataError) as caught:
        named("", *names)
    for part in (
        r'here --label-from "(.+)_\d+" gives 2: big dog, cat',
        "such as big dog_0.jpg",
        "a CSV file next to the images",
    ):
        assert part in str(caught.value)
    assert named(r"(.+)_\d+").labels == ("big dog", "cat")
    with pytest.raises(DataError) as caught:
        named("", "photo.jpg")
    assert "(here" not in str(caught.value)


def test_classes_in_the_names_of_files(named):
    """The group is the class; what does not fit is left out, and reported."""
    names = ("big_cat_01.jpg", "big_cat_2.png", "dog_1.jpg", "sub/dog_2.jpg", "me.jpg")
    source = named(r"(.+)_\d+", *names)
    assert source.labels == ("big_cat", "dog")
    assert len(source.examples) == 4
    assert [Path(p.path).name for p in source.problems] == ["me.jpg"]


def test_names_of_files_in_split_folders(named):
    """Folders of splits are splits there too."""
    source = named(r"(\w)\d", "train/a1.jpg", "train/b1.jpg", "test/a2.jpg")
    assert [e.split for e in source.examples] == ["test", "train", "train"]


@pytest.mark.parametrize(
    ("pattern", "error", "message"),
    [
        ("(", ConfigError, "is no pattern"),
        ("cat", ConfigError, "has 0 groups. Expected one"),
        (r"([a-z]+)-\d+", DataError, "no file name fits .* such as 'cat_1.jpg'"),
    ],
)
def test_patterns_that_fit_nothing(named, pattern, error, message):
    """Whoever wrote it learns why, and sees a name."""
    with pytest.raises(error, match=message):
        named(pattern, "cat_1.jpg", "dog_1.jpg")
