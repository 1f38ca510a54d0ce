"""TensorFlow Datasets, prepared for real from a builder that needs no network."""

import importlib.util
import io
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.reading.sources.tfds_builder import tfds_builder


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    """Keep TensorFlow Datasets inside the test's own folder."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    return tmp_path / "tfds"


@pytest.fixture(scope="module")
def _tiny_shapes():
    """Register the builder by importing its module under its own name."""
    path = Path(__file__).with_name("tiny_shapes.py")
    spec = importlib.util.spec_from_file_location("tiny_shapes", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["tiny_shapes"] = module
    spec.loader.exec_module(module)
    yield
    del sys.modules["tiny_shapes"]


@pytest.mark.usefixtures("_tiny_shapes", "data_dir")
def test_prepared_images_become_files(context_for):
    """The real preparation runs once; pixels, labels and splits survive."""
    context = context_for("tfds:tiny_shapes")
    source = tfds_builder("tfds:tiny_shapes", context)
    assert source.labels == ("red", "blue")
    assert [e.split for e in source.examples].count("test") == 4
    for example in source.examples:
        with Image.open(io.BytesIO(source.read(example))) as image:
            colour = np.asarray(image)[0, 0]
        assert colour.argmax() == {"red": 0, "blue": 2}[example.target]
        assert (colour.max() >= 200) == (example.split == "test")
    again = tfds_builder("tfds:tiny_shapes:1.0.0", context)
    assert again.examples == source.examples


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("tfds:no_such_set", "TensorFlow Datasets has no 'no_such_set'"),
        ("tfds:mnist:9.9.9", "has no 'mnist:9.9.9'.*3.0.1"),
        ("tfds:", "must be tfds:NAME, .*Received: 'tfds:'"),
        ("tfds:coco", "Expected one image and one class label"),
    ],
)
def test_names_that_do_not_fit(place, message, context_for):
    """Unknown names and versions, and sets of another kind, are user errors."""
    with pytest.raises(DataError, match=message):
        tfds_builder(place, context_for(place))


def test_without_network_it_ends_in_seconds(data_dir, context_for, monkeypatch):
    """No endless retries: the set, its folder and the way out are named."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.delenv("NO_PROXY", raising=False)
    start = time.monotonic()
    with pytest.raises(DataError, match="cannot be fetched") as caught:
        tfds_builder("tfds:beans", context_for("tfds:beans"))
    assert time.monotonic() - start < 10
    assert str(data_dir / "beans") in str(caught.value)
    assert "tfds build" in str(caught.value)


@pytest.mark.usefixtures("_tiny_shapes", "data_dir")
def test_labels_that_name_no_class_are_left_out(context_for, monkeypatch):
    """-1, as where the labels of a test are secret, is not the last class."""
    builder = sys.modules["tiny_shapes"].TinyShapes
    rows = builder._squares

    def unlabelled(self, *arguments):
        for number, row in rows(self, *arguments):
            yield number, row | {"label": row["label"] if number else -1}

    monkeypatch.setattr(builder, "_squares", unlabelled)
    source = tfds_builder("tfds:tiny_shapes", context_for("tfds:tiny_shapes"))
    assert {p.kind for p in source.problems} == {"label outside the classes"}
    assert "such as -1" in source.problems[0].detail
    assert len({p.path for p in source.problems}) == len(source.problems)
