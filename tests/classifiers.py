"""Classifiers of eight-pixel pictures, as their results and their data."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
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
    from tfapp.data.spec import DataInfo, InputSpec
    from tfapp.problems.classification.examples import labelled
    from tfapp.problems.classification.results import (
        accuracy_metric,
        evaluate_classifier,
    )

    examples = {
        split: tuple(
            replace(
                labelled(f"{split}/{i}.png", names[label], split), content_hash=f"{i}"
            )
            for i, label in enumerate(splits.get(split, ((), ()))[0])
        )
        for split in ("train", "validation", "test")
    }
    info = DataInfo({"image": InputSpec((8, 8, 1))}, (), len(names), tuple(names))
    dataset = Pictures(info, examples)
    metric, outputs = accuracy_metric("images"), lambda split: splits[split][1]
    return evaluate_classifier(metric, outputs, dataset, calibration), dataset


@dataclass(frozen=True)
class Pictures:
    """What sections ask of a dataset: its facts, its examples and their bytes."""

    info: Any
    examples: Mapping[str, tuple[Any, ...]]

    def targets(self, examples):
        """Return the class indices of examples."""
        return np.array([self.info.labels.index(e.target) for e in examples], int)

    def raw(self, example):
        """Return the encoded picture of an example."""
        return {"image_bytes": _read(example)}


def _read(example):
    if example.name.endswith("3.png"):
        raise FileNotFoundError(example.name)
    stream = io.BytesIO()
    Image.new("L", (8, 8), sum(map(ord, example.name)) % 255).save(stream, "PNG")
    return stream.getvalue()
