"""What a task tells training, evaluation and export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tfapp.data.spec import Dataset
from tfapp.tasks.results import Calibration, PrimaryMetric, Results

if TYPE_CHECKING:
    from tfapp.report.blocks import Section
    from tfapp.report.learning_rules import Finding, History

Outputs = Callable[[str], Any]
"""Split → what the model answers for its examples, in their order: an array
(examples, ...), or an iterator over arrays where their shapes may differ."""


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


def no_sections(results: Results, dataset: Dataset, model: Any) -> "Sequence[Section]":
    """Return no section of a report."""
    return ()


def learning_findings(results: Results, history: "History") -> "Sequence[Finding]":
    """Return what the course of the training shows, whatever the figures are."""
    from tfapp.report.learning_rules import learning_findings

    return learning_findings(history)


@dataclass(frozen=True)
class Task:
    """A kind of problem: its loss, its figures, and how they are shown.

    Args:
        name: as recipes write it.
        make_loss: label smoothing → Keras loss over (one-hot labels, logits), or a
            dict of losses by output; see `learning`.
        make_metrics: () → list of Keras metrics; named by object, never by text.
        monitor: the logged figure that chooses the best epoch.
        mode: "max" if larger is better, else "min".
        metric: the main figure of an evaluation.
        evaluate: outputs of a model, the data, and the calibration of the model (None
            to fit it on the validation split) → figures of the test split.
        findings: results and the history of the training → what to do next, the most
            useful first.
        sections: results, the data and the model → the task's chapters of the report.
        form: what the exported model answers; see `tfapp.export.forms`.
        learning: model → what is trained of it, and on what; the model itself, on
            inputs and labels, if nothing else is said.
    """

    name: str
    make_loss: Callable[[float], Any]
    make_metrics: Callable[[], list[Any]]
    monitor: str
    mode: str
    metric: PrimaryMetric
    evaluate: Callable[[Outputs, Dataset, Calibration | None], Results]
    findings: "Callable[[Results, History], Sequence[Finding]]" = learning_findings
    sections: "Callable[[Results, Dataset, Any], Sequence[Section]]" = no_sections
    form: str = "image_classification"
    learning: Callable[[Any], Learning] = Learning
