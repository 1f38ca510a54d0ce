"""What a task gives to training, evaluation and export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from tfapp.data.spec import DataInfo, Dataset, Example
from tfapp.export.spec import Interface
from tfapp.recipes.config import DistillConfig, Recipe
from tfapp.tasks.results import Baseline, Calibration, PrimaryMetric, Results
from tfapp.tasks.watching import Glance, View, no_views

if TYPE_CHECKING:
    from tfapp.report.blocks import Section
    from tfapp.report.learning_rules import Finding, History

Outputs = Callable[[str], Any]
"""Split → what the model answers for its examples, in their order: an array
(examples, ...), or an iterator over arrays where their shapes may differ."""


Features = Callable[[str], Any]
"""Split → what the frozen part of a network gives for its examples as it was before any
training, a float array (examples, dims); None where nothing is stored."""


Inside = Callable[[str, Sequence[int]], Any]
"""Split, and places of examples in it → the features from which the head of the network
as it now is answers them, float (places, dims); None where it has no such part."""


Refit = Callable[[Any, Dataset], Sequence[tuple[Any, Sequence[Any]]]]
"""Trained model, and its data → layers that do not learn by gradients but are counted
or solved, and the weights that they get from training and validation examples."""


def no_refit(model: Any, dataset: Dataset) -> Sequence[tuple[Any, Sequence[Any]]]:
    """Return no layer: all learn by gradients, or are as they began."""
    return ()


def no_inside(split: str, places: Sequence[int]) -> None:
    """Return None: nothing is seen of the inside of a network."""
    return


def as_evaluated(
    results: Results, dataset: Dataset, calibration: Calibration | None, inside: Inside
) -> Results:
    """Return results as they are."""
    return results


def no_features(split: str) -> None:
    """Return None: nothing is stored of any split."""
    return


def as_given(inputs: Any, targets: Any) -> tuple[Any, Any]:
    """Return a batch as the data has it."""
    return inputs, targets


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
        answers_untrained: whether the model begins with a solution, so that an epoch
            is kept only if it is better than that.
        weigh_metrics: whether the metrics count answers by the weights of the data, as
            the losses do; where a weight of 0 leaves an answer out, they have to.
    """

    model: Any
    losses: Any
    metrics: list[Any]
    batch: Callable[[Any, Any], tuple[Any, Any]] = as_given
    main: str = ""
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    answers_untrained: bool = False
    weigh_metrics: bool = False

    def compile_arguments(self) -> dict[str, Any]:
        """Return what `keras.Model.compile` takes of losses and metrics."""
        kind = "weighted_metrics" if self.weigh_metrics else "metrics"
        return {
            "loss": self.losses,
            "loss_weights": dict(self.loss_weights) or None,
            kind: {self.main: self.metrics} if self.main else self.metrics,
        }


def no_sections(results: Results, dataset: Dataset, model: Any) -> "Sequence[Section]":
    """Return no section of a report."""
    return ()


def no_baselines(
    results: Results, dataset: Dataset, features: Features
) -> Sequence[Baseline]:
    """Return no simple method."""
    return ()


def training_findings(
    results: Results, history: "History", recipe: Recipe
) -> "Sequence[Finding]":
    """Return what the course of the training shows, whatever the figures are."""
    from tfapp.report.learning_rules import learning_findings

    return learning_findings(history, recipe)


@dataclass(frozen=True)
class Task:
    """A kind of problem: its loss, its figures, and how they are shown.

    Args:
        name: as recipes write it.
        learning: model and facts of the data → what is trained, and by which losses.
        monitor: the logged figure that chooses the best epoch.
        mode: "max" if larger is better, else "min".
        metric: the main figure of an evaluation.
        evaluate: outputs of a model, the data, and the calibration of the model (None
            to fit it on the validation split) → figures of the test split.
        interface: what the exported model takes and answers.
        refit: model and data → layers whose weights come from validation examples too
            once these have chosen the epoch. What the model answers for validation
            examples is asked of it as it was before.
        completed: results of `evaluate`, the data, the calibration as `evaluate` takes
            it, and the inside of the network → the results with what needs that.
        baselines: results of `evaluate`, the data, and stored features → simple
            methods on the same examples, besides those of the results.
        findings: results, the history of the training and the recipe → what to do
            next, the most useful first.
        sections: results, the data and the model → the task's sections of the report.
        class_weights: "balanced" if the examples of every class count the same
            together.
        margin: standard errors by which the log loss of validation examples has to
            fall for a network next to a solution to be kept; 0 to keep its best epoch.
        distill: the teacher whose answers are learned too, or None.
        views: what is seen of a training while it goes on; see `tasks.watching`.
        thumbnail: data and example → a small encoded picture of it; None for no
            pictures of single examples.
    """

    name: str
    learning: Callable[[Any, DataInfo], Learning]
    monitor: str
    mode: str
    metric: PrimaryMetric
    evaluate: Callable[[Outputs, Dataset, Calibration | None], Results]
    interface: Interface
    refit: Refit = no_refit
    completed: Callable[[Results, Dataset, Calibration | None, Inside], Results] = (
        as_evaluated
    )
    baselines: Callable[[Results, Dataset, Features], Sequence[Baseline]] = no_baselines
    findings: "Callable[[Results, History, Recipe], Sequence[Finding]]" = (
        training_findings
    )
    sections: "Callable[[Results, Dataset, Any], Sequence[Section]]" = no_sections
    class_weights: Literal["none", "balanced"] = "none"
    margin: float = 0.0
    distill: DistillConfig | None = None
    views: Callable[[Glance], Sequence[View]] = no_views
    thumbnail: Callable[[Dataset, Example], bytes] | None = None

    def judge(
        self,
        outputs: Outputs,
        dataset: Dataset,
        calibration: Calibration | None,
        features: Features = no_features,
        inside: Inside = no_inside,
    ) -> Results:
        """Evaluate a model on the test split, simple methods next to it.

        Args:
            outputs: of the model.
            dataset: gives the examples.
            calibration: of the model; None to fit it on the validation split.
            features: stored ones, for the simple methods.
            inside: of the network, for what is fitted on its features.
        """
        results = self.evaluate(outputs, dataset, calibration)
        results = self.completed(results, dataset, calibration, inside)
        simple = self.baselines(results, dataset, features)
        return replace(results, baselines=(*results.baselines, *simple))
