"""Features of a frozen extractor, computed once and kept on disk."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from tfapp.data.spec import Dataset, Example
from tfapp.files import replacing
from tfapp.layers.standardization import Standardization
from tfapp.training.inference import Progress, predict


class FeatureStore:
    """Feature vectors of images, found again by the content of the image.

    Plain features are stored for each image by itself, so a run with another split,
    seed or subset computes only what it lacks. Augmented features depend on their
    place in the pass, so each of those passes is stored as a whole.

    Args:
        extractor: frozen keras.Model, images → (batch, features).
        dataset: gives the images.
        folder: holds one file per extractor and kind of pass.
        progress: called with images done and images in all.
    """

    def __init__(
        self,
        extractor: keras.Model,
        dataset: Dataset,
        folder: Path,
        progress: Progress,
    ) -> None:
        self.extractor = extractor
        self.dataset = dataset
        self.folder = folder
        self.progress = progress
        self.identity = _identity(extractor, dataset)
        self.computed = 0

    def plain(self, split: str) -> np.ndarray:
        """Return float32 features (examples, features) of the images as they are."""
        examples = self.dataset.examples[split]
        path = self.folder / f"{_digest([self.identity])}.npz"
        stored = _read(path)
        missing = _first_of_each(e for e in examples if e.content_hash not in stored)
        if missing:
            rows = self._compute(missing, augment=False, seed=0)
            stored |= {e.content_hash: r for e, r in zip(missing, rows, strict=True)}
            _write(path, stored)
        return np.stack([stored[e.content_hash] for e in examples])

    def view(self, split: str, number: int, seed: int) -> np.ndarray:
        """Return float32 features (examples, features) of one augmented pass.

        Args:
            split: whose images.
            number: of the view, from 1.
            seed: of the run; another seed draws other changes.
        """
        examples = self.dataset.examples[split]
        hashes = [e.content_hash for e in examples]
        change = dict(self.dataset.augmentation)
        name = _digest([self.identity, change, number, seed, hashes])
        path = self.folder / f"{name}.npz"
        stored = _read(path).get("view")
        if stored is None or len(stored) != len(examples):
            stored = self._compute(examples, augment=True, seed=seed * 1000 + number)
            _write(path, {"view": stored})
        return stored

    def _compute(
        self, examples: tuple[Example, ...], *, augment: bool, seed: int
    ) -> np.ndarray:
        batches = self.dataset.make_batches(
            examples, shuffle=False, augment=augment, seed=seed
        )
        rows = predict(self.extractor, batches, len(examples), self.progress)
        self.computed += len(rows)
        return rows.astype("float32")


class FeatureBatches(keras.utils.PyDataset):
    """Shuffled batches of stored features; each epoch draws a view per example.

    Args:
        views: float array (views, examples, features).
        labels: one-hot float array (examples, num_classes).
        batch_size: examples per batch.
        seed: of the order and of the views drawn.
    """

    def __init__(
        self, views: np.ndarray, labels: np.ndarray, batch_size: int, seed: int
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.views = views
        self.labels = labels
        self.batch_size = batch_size
        self.random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return self.views[self.drawn[rows], rows], self.labels[rows]

    def on_epoch_end(self) -> None:
        """Draw a new order and new views."""
        examples = len(self.labels)
        self.order = self.random.permutation(examples)
        self.drawn = self.random.integers(len(self.views), size=examples)


def standardize(head: keras.Model, features: np.ndarray) -> None:
    """Fit the head's scaling, if it has one, to float features (examples, dims)."""
    for layer in head.layers:
        if isinstance(layer, Standardization):
            layer.adapt(features)


def _identity(extractor: keras.Model, dataset: Dataset) -> dict[str, Any]:
    """Everything that decides the features of an image, besides the image."""
    weights = hashlib.sha256()
    for weight in extractor.weights:
        weights.update(np.ascontiguousarray(weight.numpy()).tobytes())
    return {
        "weights": weights.hexdigest(),
        "network": _digest([*_layers(extractor)]),
        "preprocess": dataset.preprocess.describe(),
        "precision": keras.config.dtype_policy().name,
    }


def _layers(model: keras.Model) -> Iterator[Any]:
    """Kind and settings of every layer; Keras numbers the names of nameless ones."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield type(layer).__name__, layer.get_config() | {"name": ""}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _first_of_each(examples: Iterable[Example]) -> tuple[Example, ...]:
    return tuple({e.content_hash: e for e in examples}.values())


def _read(path: Path) -> dict[str, np.ndarray]:
    """Read stored rows; a damaged file counts as absent and is computed anew."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return dict(zip(stored["keys"].tolist(), stored["rows"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
        return {}


def _write(path: Path, rows: dict[str, np.ndarray]) -> None:
    with replacing(path) as temporary:
        np.savez(temporary, keys=np.array(list(rows)), rows=np.stack([*rows.values()]))
