"""What a task tells training, evaluation and export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tfapp.data.spec import DataInfo, Dataset
from tfapp.export.spec import Interface
from tfapp.recipes.config import DistillConfig

if TYPE_CHECKING:
    from tfapp.domains.images.thumbnails import Maps
    from tfapp.report.blocks import Report, Section
    from tfapp.report.run_sections import RunFacts

Logits = Callable[[str], Any]
"""Split → what the model answers for its examples, in their order: an array
(examples, ...), or an iterator over arrays where their shapes may differ."""

Say = Callable[[str], None]
"""Tells a person one line."""


@dataclass(frozen=True)
class Results:
    """How good a trained model is.

    Args:
        outputs: what the task keeps of the answers to the test split, in the order of
            its examples.
        metrics: JSON-ready figures.
    """

    outputs: Any
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
        sections: further chapters, on what is special to the network.
    """

    facts: "RunFacts"
    recipe: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = field(default_factory=tuple)
    maps: "Maps | None" = None
    sections: "Sequence[Section]" = ()


@dataclass(frozen=True)
class Learning:
    """What is trained, by which losses, and how it is measured meanwhile.

    Args:
        model: the model, or one that shares its layers and has the inputs and outputs
            that the losses need.
        losses: Keras loss of (targets, outputs), or a dict of losses by output.
        metrics: Keras metrics of the main output; named by object, never by text.
        batch: inputs and targets, as the data has them → what `model` takes, and the
            target of each of its outputs; dicts by name if there are several. Arrays
            or tensors, which it passes on as they are.
        main: output that the metrics take; "" if there is only one.
        loss_weights: output → factor of its loss; {} if all count as they are.
    """

    model: Any
    losses: Any
    metrics: list[Any]
    batch: Callable[[Any, Any], tuple[Any, Any]] = lambda inputs, targets: (
        inputs,
        targets,
    )
    main: str = ""
    loss_weights: Mapping[str, float] = field(default_factory=dict)

    def compile_arguments(self) -> dict[str, Any]:
        """Return what `keras.Model.compile` takes of losses and metrics."""
        return {
            "loss": self.losses,
            "loss_weights": dict(self.loss_weights) or None,
            "metrics": {self.main: self.metrics} if self.main else self.metrics,
        }


@dataclass(frozen=True)
class Task:
    """A kind of problem: its loss, its figures, and how they are shown.

    Args:
        name: as recipes write it.
        learning: model and facts of the data → what is trained, and by which losses.
        monitor: the logged figure that chooses the best epoch.
        mode: "max" if larger is better, else "min".
        headline: the figure of metrics.json that users quote.
        assess: judges a trained model on the test split.
        judge: judges it again, given the temperature that `assess` has fitted.
        write_predictions: writes one line per test example to a CSV file.
        report: everything, as a page.
        interface: what the exported model takes and answers.
        class_weights: "balanced" if the examples of every class count the same
            together.
        distill: the teacher whose answers are learned too, or None.
    """

    name: str
    learning: Callable[[Any, DataInfo], Learning]
    monitor: str
    mode: str
    headline: str
    assess: Callable[[Logits, Dataset], Results]
    judge: Callable[[Logits, Dataset, float, Say], dict[str, Any]]
    write_predictions: Callable[[Path, Results, Dataset], None]
    report: Callable[[Results, Dataset, Story], "Report"]
    interface: Interface
    class_weights: Literal["none", "balanced"] = "none"
    distill: DistillConfig | None = None
