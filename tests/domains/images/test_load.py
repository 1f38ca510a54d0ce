"""From a recipe to a Dataset."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfapp.base.errors import ConfigError, DataError
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.spec import Pass
from tfapp.data.split import fingerprint
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.recipes.config import DataConfig

SMALL = {"image_size": [12, 16]}


def load(path, seed=0, split_file=None, **keys):
    """Load with small images."""
    keys = {"options": SMALL} | keys
    return load_dataset(
        DataConfig(kind="images", path=str(path), **keys),
        seed=seed,
        split_file=split_file,
    )


@pytest.mark.slow
def test_a_folder_becomes_a_dataset(make_folder):
    """Shapes, classes, splits, batches, labels and bytes fit together."""
    root = make_folder({"cats": 20, "dogs": 20})
    dataset = load(root, batch_size=8)
    assert dataset.info.only_input.shape == (12, 16, 3)
    assert dataset.info.labels == ("cats", "dogs")
    assert {s: len(e) for s, e in dataset.examples.items()} == {
        "train": 28,
        "validation": 6,
        "test": 6,
    }
    everything = [e for part in dataset.examples.values() for e in part]
    assert dataset.info.fingerprint == fingerprint(everything)
    train = dataset.examples["train"]
    images, labels = next(iter(dataset.batches(train, Pass())))
    assert images.shape == (8, 12, 16, 3)
    assert np.argmax(labels, -1).tolist() == dataset.targets(train)[:8].tolist()
    first = dataset.examples["train"][0]
    encoded = tf.constant([dataset.raw(first)["image_bytes"]])
    (expected,) = dataset.preprocessor({"image_bytes": encoded})
    np.testing.assert_array_equal(images[0], expected)
    assert dataset.augmentation == {}
    assert [n.partition(":")[0] for n in dataset.notes] == ["cache"]


def test_all_forms_of_a_source_agree(make_folder, tmp_path, picture):
    """Folder, table and archive of the same images have the same fingerprint."""
    root = make_folder({"a": 10, "b": 10})
    rows = [f"pets/{c}/{i:03d}.png,{c}" for c in "ab" for i in range(10)]
    (tmp_path / "t.csv").write_text("\n".join(["path,label", *rows]))
    images = np.stack([picture(i) for i in range(1, 21)])
    np.savez(tmp_path / "t.npz", images=images, labels=["a"] * 10 + ["b"] * 10)
    sets = [load(p) for p in (root, tmp_path / "t.csv", tmp_path / "t.npz")]
    assert len({d.info.fingerprint for d in sets}) == 1
    batches = [
        next(iter(d.batches(d.examples["test"], Pass())))[0].numpy() for d in sets
    ]
    np.testing.assert_array_equal(batches[0], batches[1])
    np.testing.assert_array_equal(batches[0], batches[2])


def test_embedded_digits():
    """The digits that come with scikit-learn are a source like any other."""
    config = DataConfig(
        kind="images", path="digits", options={"image_size": [8, 8], "channels": 1}
    )
    dataset = load_dataset(config, seed=0)
    assert sum(map(len, dataset.examples.values())) == 1797
    assert dataset.info.only_input.shape == (8, 8, 1)


def test_the_split_is_made_once(make_folder, tmp_path):
    """A recorded split survives other seeds, other shares and new files."""
    root, path = make_folder({"cats": 12, "dogs": 12}), tmp_path / "run" / "split.json"
    first = load(root, split_file=path)
    shutil.copy(root / "cats/000.png", root / "cats/x.png")
    again = load(root, seed=5, split_file=path, split={"test": 0.4, "seed": 9})
    assert again.examples == first.examples
    (root / "dogs/003.png").unlink()
    with pytest.raises(DataError, match="dogs/003.png is gone"):
        load(root, split_file=path)


def test_limits_do_not_enter_the_record(make_folder, tmp_path):
    """One recorded split serves every limit; held-out examples stay the same."""
    root, path = make_folder({"cats": 12, "dogs": 12}), tmp_path / "split.json"
    few = load(root, split_file=path, limit=2)
    more = load(root, split_file=path, limit=4)
    assert len(few.examples["train"]) == 4
    assert set(few.examples["train"]) < set(more.examples["train"])
    assert few.examples["test"] == more.examples["test"]
    assert len(json.loads(path.read_text())["examples"]) == 24
    assert few.info.fingerprint != more.info.fingerprint


def test_bad_files_are_set_aside(make_folder):
    """Training goes on without them, and a note says how many."""
    root = make_folder({"cats": 12, "dogs": 12})
    (root / "cats/000.png").write_bytes(b"")
    dataset = load(root)
    assert sum(map(len, dataset.examples.values())) == 23
    assert "left out: 1 empty (`tfapp check` lists them)" in dataset.notes
    with pytest.raises(DataError, match="1 of 24 files cannot be used"):
        load(root, check={"max_bad_share": 0.01})


def test_a_class_that_lost_its_images(make_folder):
    """A class without usable training images is named."""
    root = make_folder({"cats": 12, "dogs": 12, "birds": 1})
    (root / "birds/000.png").write_bytes(b"x")
    with pytest.raises(DataError, match=r"\['birds'\] have no usable training image"):
        load(root)


def test_test_only(make_folder):
    """Other data is tested whole, or its own test split; classes must be known."""
    whole = make_folder({"cats": 5, "dogs": 5})
    split = make_folder({f"{s}/{c}": 4 for s in ("train", "test") for c in "ab"}, "s")
    dataset = load_test_only(
        DataConfig(kind="images", path=str(whole), options=SMALL),
        ("birds", "cats", "dogs"),
    )
    assert {s: len(e) for s, e in dataset.examples.items()} == {
        "train": 0,
        "validation": 0,
        "test": 10,
    }
    assert dataset.targets(dataset.examples["test"]).tolist() == [1] * 5 + [2] * 5
    assert len(list(dataset.batches(dataset.examples["test"], Pass()))) == 1
    dataset = load_test_only(
        DataConfig(kind="images", path=str(split), options=SMALL), ("a", "b")
    )
    assert len(dataset.examples["test"]) == 8
    with pytest.raises(DataError, match=r"classes \['cats'\], which the model does"):
        load_test_only(DataConfig(kind="images", path=str(whole)), ("dogs", "birds"))


def test_check_data_reports(make_folder):
    """The check needs no split and raises nothing for bad files."""
    root = make_folder({"cats": 6, "dogs": 6})
    (root / "cats/000.png").write_bytes(b"")
    heard = []
    report = check_data(
        DataConfig(kind="images", path=str(root)), lambda *n: heard.append(n)
    )
    assert (report.bad_share, report.usable) == (1 / 12, 11)
    assert heard[-1] == (12, 12)


def test_options_reach_the_preprocessing(make_folder):
    """All options of the recipe are used and described."""
    options = {
        "image_size": [9, 7],
        "channels": 1,
        "resize": "pad",
        "interpolation": "bicubic",
    }
    dataset = load(
        make_folder({"a": 8, "b": 8}), options=options | {"max_pixels": 5000}
    )
    expected = ImagePreprocessor((9, 7), 1, "pad", "bicubic", 5000)
    assert dataset.preprocessor == expected
    assert dataset.info.only_input.shape == (9, 7, 1)


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        ({"path": "/no/such"}, DataError, r"there is no '/no/such' .* a folder of"),
        ({"path": "$NOT_SET/x"}, ConfigError, r"\$NOT_SET, which is not.*export NOT_S"),
        ({"path": "${NOT_SET}"}, ConfigError, r"\$NOT_SET, which is not set"),
        ({"path": __file__}, DataError, r"is a file of kind '.py'. Expected a folder"),
        (
            {"options": {"size": 3}},
            ConfigError,
            r"Unknown option `size` of kind",
        ),
        (
            {"options": {"channels": 2}},
            ConfigError,
            r"Option `channels` of kind",
        ),
        ({"options": {"image_size": [0, 1]}}, ConfigError, r"`image_size` must be"),
        ({"kind": "sounds"}, ConfigError, r"Unknown kind of data 'sounds'"),
    ],
)
def test_user_mistakes(keys, error, message):
    """Each is one line that names the key and the way out."""
    with pytest.raises(error, match=message) as caught:
        load_dataset(DataConfig(**{"kind": "images", "path": "digits"} | keys), seed=0)
    assert "\n" not in str(caught.value)


def test_variables_in_paths(make_folder, monkeypatch):
    """$NAME and ~ are expanded."""
    root = make_folder({"cats": 8, "dogs": 8})
    monkeypatch.setenv("PETS", str(root.parent))
    monkeypatch.setenv("HOME", str(root.parent))
    assert load("$PETS/pets").info == load("~/pets").info == load(root).info


def save_with_copies(folder, picture, encode, places):
    """Save photos, each at a place and smaller and compressed at another."""
    for number, (place, other) in enumerate(places):
        photo = Image.fromarray(picture(2000 + number, 64, 64))
        small = photo.resize((40, 40))
        for where, name, data in (
            (place, "x.png", encode(photo)),
            (other, "x.jpg", encode(small, "JPEG", quality=70)),
        ):
            (folder / where).mkdir(parents=True, exist_ok=True)
            (folder / where / f"{number}{name}").write_bytes(data)


def test_near_copies_share_a_split(tmp_path, picture, encode):
    """No random label can be learned from the copy of a photo that is tested."""
    labels = ["ab"[i] for i in np.random.default_rng(0).integers(0, 2, 60)]
    places = list(zip(labels, labels, strict=True))
    save_with_copies(tmp_path / "flips", picture, encode, places)
    dataset = load(tmp_path / "flips")
    split_of = {e.name[:-4]: set() for part in dataset.examples.values() for e in part}
    for split, part in dataset.examples.items():
        for example in part:
            split_of[example.name[:-4]].add(split)
    assert len(split_of) == 60
    assert all(len(splits) == 1 for splits in split_of.values())
    assert not any("near copy in training" in note for note in dataset.notes)


def test_near_copies_across_given_splits_are_counted(tmp_path, picture, encode):
    """What the folders keep apart stays there, and the run says how much it is."""
    places = [(f"train/{'ab'[i % 2]}", f"test/{'ab'[i % 2]}") for i in range(12)]
    places += [(f"train/{'ab'[i % 2]}", f"train/{'ab'[i % 2]}") for i in range(12)]
    save_with_copies(tmp_path / "flips", picture, encode, places)
    dataset = load(tmp_path / "flips", split={"validation": 0})
    assert any(
        note.startswith("12 of 12 test images have a near copy in training")
        for note in dataset.notes
    )
