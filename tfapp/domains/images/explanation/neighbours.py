"""Neighbours: the training pictures that the network finds most alike."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from tfapp.data.rows import Rows
from tfapp.data.spec import Dataset, Example
from tfapp.domains.images.explanation.network import embedding
from tfapp.domains.images.explanation.overlay import decoded
from tfapp.domains.images.explanation.spec import (
    Finding,
    Photo,
    Picture,
    Subject,
    Tick,
)
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.thumbnails import thumbnail
from tfapp.report.wording import drawable
from tfapp.training.inference import stream
from tfapp.training.transfer.features import CHUNK_ROWS, FeatureStore

NUM_NEIGHBOURS = 5
"""Neighbours of each picture, fewer where training had fewer examples."""
SMALLEST_NORM = 1e-12
PHOTO_PIXELS = 240
TITLE = "Nearest training pictures, by the cosine distance of their features"


def neighbours(subject: Subject) -> "Neighbours":
    """The training pictures that the network finds most alike.

    Features that training has stored are read; others are computed and stored.

    Raises:
        DataError: if the training data is not here or has changed.
        ModelError: if the model has no feature vector.
    """
    part = embedding(subject.model)
    dataset = subject.dataset()
    with subject.reporter.stage("training features") as stage:
        store = FeatureStore(part, dataset, subject.cache, stage)
        rows = store.plain("train")
        stage.detail = f"{store.computed} computed, the rest from the cache"
    return Neighbours(subject, part, dataset, rows)


def nearest(
    queries: np.ndarray, rows: np.ndarray | Rows, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows nearest to some queries, by cosine distance.

    Args:
        queries: float array (queries, ...), each flattened to a vector.
        rows: float rows (examples, ...) of the same shape, read piece by piece.
        count: of rows for each query, at most.

    Returns:
        Int array (queries, count) of row numbers, the nearest first, and float array
        of the same shape: 1 - cosine, in [0, 2].
    """
    directions = _directions(queries)
    pieces = [
        _directions(rows[start : start + CHUNK_ROWS]) @ directions.T
        for start in range(0, len(rows), CHUNK_ROWS)
    ]
    distances = np.clip(1.0 - np.concatenate(pieces).T, 0.0, 2.0)
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return order, np.take_along_axis(distances, order, axis=1)


def _directions(rows: np.ndarray) -> np.ndarray:
    """Return rows (rows, ...) as vectors of length 1, or 0: (rows, features)."""
    vectors = rows.reshape(len(rows), -1).astype("float64")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, SMALLEST_NORM))


@dataclass(frozen=True)
class Neighbours:
    """Compares the features of pictures with those of the training pictures.

    Args:
        subject: the model.
        part: images (batch, height, width, channels) → features (batch, ...).
        dataset: the training data.
        rows: features of its training examples, in their order.
    """

    subject: Subject
    part: keras.Model
    dataset: Dataset
    rows: np.ndarray | Rows
    passes: int = 1
    facts: Mapping[str, Any] = field(default_factory=lambda: {"distance": "cosine"})

    def __call__(self, pictures: Sequence[Picture], tick: Tick) -> list[Finding]:
        """Explain some pictures in one batch."""
        images = np.stack([p.pixels for p in pictures]).astype("float32")
        queries = np.concatenate([*stream(self.part, [(images, None)])])
        order, distances = nearest(queries, self.rows, NUM_NEIGHBOURS)
        tick(len(pictures))
        return [
            self._finding(*neighbours)
            for neighbours in zip(order, distances, strict=True)
        ]

    def _read(self, example: Example) -> bytes:
        return bytes(self.dataset.raw(example)[RAW_IMAGE])

    def _finding(self, order: np.ndarray, distances: np.ndarray) -> Finding:
        examples = [self.dataset.examples["train"][int(i)] for i in order]
        facts = [
            {"path": e.name, "label": e.target, "distance": round(float(d), 6)}
            for e, d in zip(examples, distances, strict=True)
        ]
        photos = tuple(
            Photo(
                decoded(thumbnail(self._read, example, PHOTO_PIXELS)[0]),
                f"{drawable(example.target, 22)}\ndistance {distance:.3f}",
            )
            for example, distance in zip(examples, distances, strict=True)
        )
        return Finding(_summary(facts), facts, photos=photos, photos_title=TITLE)


def _summary(facts: Sequence[Mapping[str, Any]]) -> str:
    counts = Counter(fact["label"] for fact in facts)
    labels = ", ".join(f"{number}× {label}" for label, number in counts.most_common())
    return f"nearest: {labels}; the first at {facts[0]['distance']:.3f}"
