"""Rows that simple methods learn from: stored features, or the inputs themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from tfapp.data.spec import Dataset, Example, Pass
from tfapp.tasks.spec import Features

Rows = tuple[np.ndarray, np.ndarray]
"""Rows (examples, numbers) and their targets."""
MOST_ROWS = 5000
"""Training examples of a simple method; more are thinned out evenly."""
MOST_INPUTS = 12_288
"""Numbers of an input up to which a simple method takes it as it is."""


@dataclass(frozen=True)
class BaselineRows:
    """What simple methods see of a dataset.

    Args:
        dataset: gives the examples.
        features: stored features of every split.
    """

    dataset: Dataset
    features: Features

    @cached_property
    def source(self) -> str:
        """What the rows are, for a name; "" if there is nothing small to learn from."""
        stored = self.features("train")
        if stored is not None and stored.ndim == 2:
            return "the same features"
        return "the inputs" if self._small_inputs else ""

    def train_and_test(self) -> tuple[Rows, Rows] | None:
        """Return what is learned from, thinned out, and what is tested on.

        None if there is nothing small to learn from, or no example of either.
        """
        if not self.source:
            return None
        train, test = self.rows("train", MOST_ROWS), self.rows("test")
        return None if train is None or test is None else (train, test)

    def rows(self, split: str, most: int = 0) -> Rows | None:
        """Return rows (examples, numbers) and targets of a split, None without any.

        Args:
            split: whose examples.
            most: more are thinned out evenly; 0 for all.
        """
        examples = self.dataset.examples[split]
        thinned = _thinned(len(examples), most or len(examples))
        if not len(thinned):
            return None
        chosen = [examples[i] for i in thinned]
        targets = np.asarray(self.dataset.targets(chosen))
        if self.source == "the inputs":
            return _inputs(self.dataset, chosen), targets
        stored = self.features(split)
        return None if stored is None else (stored[thinned], targets)

    @property
    def _small_inputs(self) -> bool:
        """Whether inputs are one small array of a fixed shape."""
        inputs = list(self.dataset.info.inputs.values())
        shape = inputs[0].shape
        fixed = len(inputs) == 1 and None not in shape
        return fixed and prod(side or 0 for side in shape) <= MOST_INPUTS


def _inputs(dataset: Dataset, examples: Sequence[Example]) -> np.ndarray:
    """Return the inputs of examples as float32 rows (examples, numbers)."""
    batches = dataset.batches(examples, Pass()).as_numpy_iterator()
    rows = [np.reshape(inputs, (len(inputs), -1)) for inputs, *_ in batches]
    return np.concatenate(rows).astype(np.float32)


def _thinned(count: int, most: int) -> np.ndarray:
    """Return at most so many places of so many, evenly spread."""
    return np.linspace(0, count - 1, min(count, most)).astype(int)
