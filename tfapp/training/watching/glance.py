"""Validation examples, and what a network in training answers for them now."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np

from tfapp.data.spec import Dataset, Example, Pass
from tfapp.tasks.spec import Task
from tfapp.tasks.watching import HANDFUL, Item, Points, View
from tfapp.training.inference import have_one_shape, predict, stream
from tfapp.training.watching.features import below_answer

MOST_POINTS = 400
"""Examples whose features are shown."""
READING_SECONDS = 0.5
"""For small pictures of them, each time."""
MOST_DIMS = 128
"""Numbers of a vector; longer ones are turned and cut."""

Rows = Callable[[], Any]
"""() → tf.data.Dataset of (rows, targets), one per validation example, in order."""


class PhaseGlance:
    """The validation examples of one phase; see `tasks.watching.Glance`.

    Args:
        model: the whole network.
        part: what the phase trains: `model`, or its part behind stored rows.
        dataset: gives the examples.
        rows: stored rows that `part` takes; None if it takes inputs of the dataset.
    """

    def __init__(
        self,
        model: keras.Model,
        part: keras.Model,
        dataset: Dataset,
        rows: Rows | None = None,
    ) -> None:
        self.model, self.part, self.dataset = model, part, dataset
        self.rows = rows
        self.examples: Sequence[Example] = dataset.examples["validation"]
        self._whole: Any = None
        self._passes: dict[tuple[str, ...], Any] = {}
        self._pictures: list[bytes] = []

    def renew(self) -> None:
        """Forget the answers of the weights before."""
        self._whole = None

    def some(self, most: int = HANDFUL) -> Sequence[Example]:
        """Return a few of the examples, evenly spread; see `Glance`."""
        places = np.linspace(0, len(self.examples) - 1, min(most, len(self.examples)))
        return [self.examples[i] for i in places.round().astype(int)]

    def answers(self, examples: Sequence[Example]) -> Any:
        """Return the logits of some examples; see `Glance`."""
        if self._whole is not None:
            places = self._places(examples)
            return [self._whole[i] for i in places]
        answers = self._computed(self.part, examples)
        if len(examples) == len(self.examples):
            self._whole = answers
        return answers

    def points(self, task: Task) -> dict[str, Item]:
        """Return the features of some examples, {} if they are no vectors."""
        model = self._below
        if model is None:
            return {}
        examples = self.some(MOST_POINTS)
        vectors = [
            np.asarray(row, "float32") for row in self._computed(model, examples)
        ]
        if any(vector.ndim != 1 for vector in vectors):
            self._below = None
            return {}
        return {
            "features": Points(
                _shortened(np.stack(vectors)),
                tuple(e.name for e in examples),
                tuple(e.stratum for e in examples),
                self._thumbnails(task),
            )
        }

    @cached_property
    def _below(self) -> keras.Model | None:
        return below_answer(self.part)

    def _thumbnails(self, task: Task) -> tuple[bytes, ...]:
        """Return small pictures of the examples of `points`, () if not all are read.

        Files may be large: they are read for a while each time, and kept.
        """
        if task.thumbnail is None:
            return ()
        end = time.monotonic() + READING_SECONDS
        left = self.some(MOST_POINTS)[len(self._pictures) :]
        for example in left:
            if time.monotonic() > end:
                return ()
            self._pictures.append(task.thumbnail(self.dataset, example))
        return tuple(self._pictures)

    def _computed(self, model: keras.Model, examples: Sequence[Example]) -> Any:
        """Return what a model gives for some examples."""
        if self.rows is not None:
            rows = self._stored(examples)
            return predict(model, rows, len(examples))
        batches = self._pass(examples)
        if have_one_shape(self.dataset):
            return predict(model, batches, len(examples))
        pieces: Iterator[np.ndarray] = (
            piece.astype("float32") for piece in stream(model, batches)
        )
        if self.dataset.joined is None:
            return [row for piece in pieces for row in piece]
        return list(self.dataset.joined(examples, pieces))

    def _pass(self, examples: Sequence[Example]) -> Any:
        """Return one pass over some examples, its graph traced once."""
        names = tuple(e.name for e in examples)
        if names not in self._passes:
            self._passes[names] = self.dataset.batches(examples, Pass())
        return self._passes[names]

    def _stored(self, examples: Sequence[Example]) -> Any:
        """Return the stored rows of some examples."""
        if self.rows is None:
            raise AssertionError("the phase takes inputs, not rows")
        if len(examples) == len(self.examples):
            return self.rows()
        places = set(self._places(examples))
        wanted, first = [], 0
        for rows, *_ in self.rows().as_numpy_iterator():
            own = [i - first for i in range(first, first + len(rows)) if i in places]
            wanted.append(rows[own])
            first += len(rows)
        return np.concatenate(wanted)

    def _places(self, examples: Sequence[Example]) -> list[int]:
        return [self._place_by_name[e.name] for e in examples]

    @cached_property
    def _place_by_name(self) -> dict[str, int]:
        return {e.name: i for i, e in enumerate(self.examples)}


def views_of(glance: PhaseGlance, task: Task) -> Callable[[], Sequence[View]]:
    """Return what gives the views of a training with the weights of the moment.

    Args:
        glance: of the phase.
        task: that is learned; its views are followed by that of the features.
    """
    share = min(1.0, MOST_POINTS / len(glance.examples))

    def views() -> Sequence[View]:
        glance.renew()
        features = View("features", lambda: glance.points(task), share)
        return (*task.views(glance), features)

    return views


def _shortened(vectors: np.ndarray) -> np.ndarray:
    """Return vectors turned so that few numbers show most of their variance."""
    if vectors.shape[1] <= MOST_DIMS:
        return vectors
    centred = vectors - vectors.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    return np.asarray((left * sizes)[:, :MOST_DIMS])
