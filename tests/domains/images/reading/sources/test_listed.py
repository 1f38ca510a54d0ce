"""CUB and NABirds as they are unpacked, in small made-up copies."""

import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.data import check_data, load_dataset
from tfapp.recipes.config import DataConfig

NABIRDS = {
    "images.txt": "".join(f"id-{i} 081{i % 3}/id{i}.png\n" for i in range(18)),
    "image_class_labels.txt": "".join(f"id-{i} 81{i % 3}\n" for i in range(18)),
    "classes.txt": "0 Birds\n810 House Sparrow\n811 House Sparrow\n812 Wren (Male)\n",
    "train_test_split.txt": "".join(f"id-{i} {int(i < 12)}\n" for i in range(18)),
}


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Return a function: files to replace → the `[data]` of the copy."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "nabirds"

    def make(**files):
        for line in NABIRDS["images.txt"].splitlines():
            file = root / "images" / line.split()[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            number = int(file.stem.removeprefix("id"))
            Image.new("RGB", (8, 8), (number * 14, 0, 255 - number)).save(file)
        for name, text in {**NABIRDS, **files}.items():
            (root / name).write_text(text)
        return DataConfig(path=str(root), kind="images", options={"image_size": [8, 8]})

    return make


def test_names_and_the_published_split_are_used(config):
    """Classes of one name get their identifier; the split is the published one."""
    dataset = load_dataset(config(), seed=0)
    names = ("House Sparrow (810)", "House Sparrow (811)", "Wren (Male)")
    assert dataset.info.labels == names
    tested = {e.name.rpartition("/")[2] for e in dataset.examples["test"]}
    assert tested == {f"id{i}.png" for i in range(12, 18)}
    for split in dataset.examples.values():
        for example in split:
            number = int(example.name.rpartition("/id")[2].removesuffix(".png"))
            assert example.target == names[number % 3]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "images.txt",
            "id-0 0810/id0.png\nid-0 x",
            "line 2: the identifier 'id-0' comes",
        ),
        ("images.txt", "id-0", "line 1: the identifier 'id-0' has nothing behind it"),
        ("image_class_labels.txt", "id-0 810\n", "has no line for photo 'id-1'"),
        ("classes.txt", "810 Sparrow\n812 Wren\n", "has no line for class '811'"),
        ("train_test_split.txt", "id-0 2\n", "photo 'id-0' has '2'. Expected 1"),
    ],
)
def test_damaged_lists_are_refused(config, file, text, said):
    """The file, the line and the way out are named."""
    with pytest.raises(DataError, match=said):
        check_data(config(**{file: text}))
