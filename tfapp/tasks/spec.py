"""What a task tells training, evaluation and export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tfapp.data.spec import Dataset
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
    """How a model learns, where that is more than inputs, outputs and labels.

    Args:
        model: what is trained in place of the model: it shares the model's layers and
            has the inputs and outputs that the losses need.
        batch: inputs and one-hot labels, as the data has them → what `model` takes,
            and the target of each of its outputs; dicts by name if there are several.
            Arrays or tensors, which it passes on as they are.
        main: output that the task's metrics judge; "" if there is only one.
        loss_weights: output → factor of its loss; {} if all count as they are.
    """

    model: Any
    batch: Callable[[Any, Any], tuple[Any, Any]] = lambda inputs, labels: (
        inputs,
        labels,
    )
    main: str = ""
    loss_weights: Mapping[str, float] = field(default_factory=dict)

    def losses(self, made: Any) -> Any:
        """Return the losses that a task makes, without those of outputs not there."""
        if not isinstance(made, dict):
            return made
        return {name: loss for name, loss in made.items() if name in self.model.output}


@dataclass(frozen=True)
class Task:
    """A kind of problem: its loss, its figures, and how they are shown.

    Args:
        name: as recipes write it.
        make_loss: () → Keras loss over (one-hot labels, logits), or a dict of losses
            by output; see `learning`.
        make_metrics: () → list of Keras metrics; named by object, never by text.
        monitor: the logged figure that chooses the best epoch.
        mode: "max" if larger is better, else "min".
        headline: the figure of metrics.json that users quote.
        assess: judges a trained model on the test split.
        judge: judges it again, given the temperature that `assess` has fitted.
        write_predictions: writes one line per test example to a CSV file.
        report: everything, as a page.
        form: what the exported model answers; see `tfapp.export.forms`.
        learning: model → what is trained of it, and on what; the model itself, on
            inputs and labels, if nothing else is said.
        class_weights: "balanced" if the examples of every class count the same
            together.
        distill: the teacher whose answers are learned too, or None.
    """

    name: str
    make_loss: Callable[[], Any]
    make_metrics: Callable[[], list[Any]]
    monitor: str
    mode: str
    headline: str
    assess: Callable[[Logits, Dataset], Results]
    judge: Callable[[Logits, Dataset, float, Say], dict[str, Any]]
    write_predictions: Callable[[Path, Results, Dataset], None]
    report: Callable[[Results, Dataset, Story], "Report"]
    form: str = "image_classification"
    learning: Callable[[Any], Learning] = Learning
    class_weights: Literal["none", "balanced"] = "none"
    distill: DistillConfig | None = None
