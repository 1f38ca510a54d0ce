"""Classifiers of eight-pixel pictures, as their results and their data."""

import io

import pytest
from PIL import Image

__all__ = ["judged_classifier"]


@pytest.fixture
def judged_classifier():
    """Return a function: class names, labels, logits and more to results and data."""
    return _judged


def _judged(names, splits, calibration=None):
    """Return results and dataset of a classifier.

    `splits` holds labels (indices) and logits of some of "train", "validation" and
    "test"; what is not there is empty.
    """
    from tfapp.data.spec import DataInfo, Dataset, Example
    from tfapp.problems.classification.results import (
        accuracy_metric,
        evaluate_classifier,
    )

    examples = {
        split: tuple(
            Example(f"{split}/{i}.png", names[label], split, content_hash=f"{i}")
            for i, label in enumerate(splits.get(split, ((), ()))[0])
        )
        for split in ("train", "validation", "test")
    }
    info = DataInfo((8, 8, 1), tuple(names), "")
    dataset = Dataset(info, examples, None, None, _read)
    metric, outputs = accuracy_metric("images"), lambda split: splits[split][1]
    return evaluate_classifier(metric, outputs, dataset, calibration), dataset


def _read(example):
    if example.path.endswith("3.png"):
        raise FileNotFoundError(example.path)
    stream = io.BytesIO()
    Image.new("L", (8, 8), sum(map(ord, example.path)) % 255).save(stream, "PNG")
    return stream.getvalue()
