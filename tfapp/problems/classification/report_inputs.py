"""Everything the report of a classifier is made from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tfapp.data.spec import Example
from tfapp.domains.images.thumbnails import Maps
from tfapp.problems.classification.calibration import apply_temperature
from tfapp.report.blocks import Section
from tfapp.report.run_sections import RunFacts


@dataclass(frozen=True)
class ClassificationReportInputs:
    """Everything the report of a classifier is made from.

    Args:
        facts: of the run.
        recipe: the resolved recipe, JSON-ready.
        class_names: names in the order of the logits.
        examples: the examples of each split, train, validation and test.
        read: returns the encoded image of an example.
        logits: float array (examples, num_classes), of the judged split, in the
            order of its examples.
        metrics: of the judged split, as `evaluate_logits` returns.
        history: one dict per training phase, as `learning_curves` takes.
        check: report of the data check, {"lines": [...]}; {} for none.
        notes: lines worth telling about the data.
        split: the judged split; anything but "test" is called so in the text.
        noun: what the examples are, in the plural, ending in s.
        maps: draws what the network saw in mistakes; None for no maps.
        further: chapters on what is special to the network.
    """

    facts: RunFacts
    recipe: Mapping[str, Any]
    class_names: tuple[str, ...]
    examples: Mapping[str, tuple[Example, ...]]
    read: Callable[[Example], bytes]
    logits: np.ndarray
    metrics: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]] = ()
    check: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    split: str = "test"
    noun: str = "images"
    maps: Maps | None = None
    further: Sequence[Section] = ()

    @cached_property
    def labels(self) -> np.ndarray:
        """Int64 class indices (examples,) of the judged split."""
        index = {name: i for i, name in enumerate(self.class_names)}
        return np.array([index[e.target] for e in self.examples[self.split]], np.int64)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Calibrated probabilities (examples, num_classes) of the judged split."""
        return apply_temperature(self.logits, self.metrics.get("temperature", 1.0))
