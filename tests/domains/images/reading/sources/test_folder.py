"""Listing class folders."""

from dataclasses import replace

import pytest

from tfapp.base.errors import DataError
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
        ({".": 3}, r"holds 3 images but no class folders. Expected one folder per"),
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
