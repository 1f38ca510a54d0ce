"""What a task tells training, evaluation and export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.data.spec import Dataset

if TYPE_CHECKING:
    import numpy as np

    from tfapp.evaluation.blocks import Report
    from tfapp.evaluation.run_facts import RunFacts
    from tfapp.evaluation.thumbnails import Maps

Logits = Callable[[str], "np.ndarray"]
"""Split → what the model answers for its examples, in their order."""


@dataclass(frozen=True)
class Results:
    """How good a trained model is.

    Args:
        outputs: of the model on the test split, in the order of its examples.
        metrics: JSON-ready figures.
    """

    outputs: "np.ndarray"
    metrics: dict[str, Any]


@dataclass(frozen=True)
class Story:
    """What a report tells beside the figures.

    Args:
        facts: of the run.
        recipe: the resolved recipe, JSON-ready.
        history: one dict per training phase.
        notes: lines worth telling about data and training.
        maps: draws where the network found a class in examples; None for no maps.
    """

    facts: "RunFacts"
    recipe: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = field(default_factory=tuple)
    maps: "Maps | None" = None


@dataclass(frozen=True)
class Task:
    """A kind of problem: its loss, its figures, and how they are shown.

    Args:
        name: as recipes write it.
        make_loss: label smoothing → Keras loss over (one-hot labels, logits).
        make_metrics: () → list of Keras metrics; named by object, never by text.
        monitor: the logged figure that chooses the best epoch.
        mode: "max" if larger is better, else "min".
        headline: the figure of metrics.json that users quote.
        assess: judges a trained model on the test split.
        write_predictions: writes one line per test example to a CSV file.
        report: everything, as a page.
    """

    name: str
    make_loss: Callable[[float], Any]
    make_metrics: Callable[[], list[Any]]
    monitor: str
    mode: str
    headline: str
    assess: Callable[[Logits, Dataset], Results]
    write_predictions: Callable[[Path, Results, Dataset], None]
    report: Callable[[Results, Dataset, Story], "Report"]
