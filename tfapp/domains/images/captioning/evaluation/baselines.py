"""The simple methods that a captioner has to beat, on the same photos."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from tfapp.base.intervals import paired_interval
from tfapp.data.spec import Dataset, Example, Pass
from tfapp.domains.images.captioning.dataset import CaptionDataset
from tfapp.domains.images.captioning.evaluation.results import (
    BLEU,
    EXACT,
    METRIC,
    Caption,
    caption_figures,
)
from tfapp.domains.text.translation.dataset import Symbols
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

MOST_TRAINED = 5000
"""Training photos that are searched; of more, every n-th is."""
COARSE = 8
"""Rows and columns of the picture by which photos are compared without features."""


def caption_baselines(
    results: Results, data: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple methods say of the test photos.

    They are: the most frequent caption of training; and the first caption of the
    training photo that is the most alike, by the cosine of the frozen features, or
    where none are stored of coarse pixels.

    Args:
        results: of `evaluate_captioner`.
        data: photos with captions; without training ones there is nothing to compare.
        features: stored features of every split.
    """
    dataset, own = cast(CaptionDataset, data), cast(list[Caption], results.evidence)
    train = dataset.references("train")
    if not train:
        return ()
    frequent = Counter(words for every in train for words in every).most_common(1)
    nearest, by = _nearest(dataset, features)
    methods: dict[str, Sequence[Symbols]] = {
        "most frequent caption": [frequent[0][0]] * len(own),
        f"caption of the nearest training photo, by {by}": nearest,
    }
    return tuple(_baseline(name, words, own) for name, words in methods.items())


def _nearest(dataset: CaptionDataset, features: Features) -> tuple[list[Symbols], str]:
    """Return the first caption of the most alike photo, and by what they are alike."""
    train = dataset.references("train")
    step = -(-len(train) // MOST_TRAINED)
    stored = features("train"), features("test")
    by = "pixels" if any(rows is None for rows in stored) else "features"
    if by == "features":
        known, asked = (_pooled(np.asarray(rows)) for rows in stored)
    else:
        known, asked = (
            _coarse(dataset, dataset.examples[split]) for split in ("train", "test")
        )
    mean, spread = known.mean(axis=0), known.std(axis=0) + 1e-6
    known, asked = (_unit((rows - mean) / spread) for rows in (known[::step], asked))
    places = (asked @ known.T).argmax(axis=1) * step
    return [train[place][0] for place in places.tolist()], by


def _pooled(rows: np.ndarray) -> np.ndarray:
    """Return the mean of grids (examples, rows, columns, features) over places."""
    return rows.reshape(len(rows), -1, rows.shape[-1]).mean(axis=1)


def _coarse(dataset: Dataset, examples: Sequence[Example]) -> np.ndarray:
    """Return pictures as coarse as `COARSE`, float (examples, numbers)."""
    pieces = []
    for images, *_ in dataset.batches(examples, Pass()).as_numpy_iterator():
        sides = [np.array_split(np.arange(n), COARSE) for n in images.shape[1:3]]
        rows = np.stack([images[:, rows].mean(axis=1) for rows in sides[0]], 1)
        cells = np.stack([rows[:, :, columns].mean(axis=2) for columns in sides[1]], 2)
        pieces.append(cells.reshape(len(images), -1))
    return np.concatenate(pieces)


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths: Any = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9))


def _baseline(
    name: str, answers: Sequence[Symbols], network: Sequence[Caption]
) -> Baseline:
    own = [Caption(n.references, a) for n, a in zip(network, answers, strict=True)]
    figures = caption_figures(own)
    gained = [n.accuracy - o.accuracy for n, o in zip(network, own, strict=True)]
    around = figures[f"{METRIC.key}_interval"]
    return Baseline(
        name,
        figures[METRIC.key],
        around and (around[0], around[1]),
        paired_interval(gained),
        {EXACT: figures[EXACT], BLEU: figures[BLEU]},
    )
