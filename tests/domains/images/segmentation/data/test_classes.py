"""Names of classes beside the images and masks."""

import numpy as np
import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.data import load_dataset
from tfapp.domains.images.segmentation.data.classes import listed_names
from tfapp.recipes.config import DataConfig, SplitConfig


@pytest.fixture
def names_of(tmp_path):
    """Return a function: folder and options to the names of its classes."""

    def load(root, **options):
        config = DataConfig(
            kind="masks",
            path=str(root),
            options={"tile_size": [32, 32], **options},
            split=SplitConfig(validation=0.25, test=0.25),
        )
        return load_dataset(config, seed=0, cache_dir=tmp_path / "cache").info.labels

    return load


@pytest.fixture
def scenes(make_scenes, encode):
    """A folder whose masks hold 0 and 2."""
    root = make_scenes({"": 8})
    for path in (root / "masks").iterdir():
        mask = np.zeros((40, 48), np.uint8)
        mask[:20] = 2
        path.write_bytes(encode(mask))
    return root


def test_a_file_names_the_values_from_zero(scenes, names_of):
    """A class that does not occur keeps its place; options win over the file."""
    (scenes / "classes.txt").write_text("\ufeffsky\ncow \n\ngrass\n", "utf-8")
    assert names_of(scenes) == ("sky", "cow", "grass")
    assert names_of(scenes, class_names=["a", "b"]) == ("a", "b")


def test_a_file_with_a_name_for_each_value_that_occurs(scenes, names_of, encode):
    """Values need not be 0, 1, 2."""
    mask = np.zeros((40, 48), np.uint8)
    mask[:9] = 255
    (scenes / "masks" / "0.png").write_bytes(encode(mask))
    (scenes / "classes.txt").write_text("sky\ncow\ngrass\n")
    assert names_of(scenes) == ("sky", "cow", "grass")


def test_too_few_names(scenes, names_of):
    """The error tells the values that the names are for."""
    (scenes / "classes.txt").write_text("sky\n")
    with pytest.raises(ConfigError, match=r"classes.txt\) has 1 names for 2 values"):
        names_of(scenes)


def test_a_file_that_is_no_text(tmp_path):
    """What cannot be read is not passed over."""
    (tmp_path / "classes.txt").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(DataError, match="Cannot read .*classes.txt as UTF-8"):
        listed_names(tmp_path)
    assert listed_names(tmp_path / "elsewhere") == listed_names(None) == ()
