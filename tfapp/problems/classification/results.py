"""From the logits of a classifier to everything that is known of how good it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tfapp.base.intervals import wilson_interval
from tfapp.data.spec import Dataset
from tfapp.problems.classification.calibration import (
    apply_temperature,
    expected_calibration_error,
    fit_temperature,
    raw_confidence,
)
from tfapp.problems.classification.metrics import (
    check_finite,
    classification_metrics,
    of_one_class,
    unproven,
)
from tfapp.problems.classification.scores import classification_scores
from tfapp.report.blocks import Fact, Table
from tfapp.report.wording import percent, percent_interval
from tfapp.tasks.results import (
    Calibration,
    PrimaryMetric,
    Quantity,
    Results,
    require_tested,
)
from tfapp.tasks.spec import Outputs

SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class ClassAnswers:
    """What a classifier answers for the test split.

    Args:
        class_names: names in the order of the logits.
        labels: int array (examples,), class indices in [0, num_classes).
        logits: float array (examples, num_classes).
        probabilities: float array (examples, num_classes), after calibration.
    """

    class_names: tuple[str, ...]
    labels: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray

    @cached_property
    def confidence(self) -> np.ndarray:
        """Float array (examples,), probability of each prediction."""
        return np.asarray(self.probabilities.max(axis=1))

    @cached_property
    def correct(self) -> np.ndarray:
        """Bool array (examples,), whether each prediction is right."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.labels)


def accuracy_metric(examples: str) -> PrimaryMetric:
    """Return the primary metric of tasks that choose one class per example.

    Args:
        examples: what the examples are called, in the plural.
    """
    return PrimaryMetric(
        "accuracy",
        "Accuracy",
        "accuracy",
        "%",
        SHARE,
        better="higher",
        scores="binary",
        others=(
            Quantity("macro_f1", "Macro F1", "macro F1", "%", SHARE),
            Quantity("log_loss", "Log loss", "log loss", "nats"),
            Quantity(
                "expected_calibration_error",
                "Calibration error",
                "calibration",
                "%",
                SHARE,
            ),
        ),
        examples=examples,
    )


def evaluate_classifier(
    metric: PrimaryMetric,
    outputs: Outputs,
    dataset: Dataset,
    calibration: Calibration | None,
) -> Results:
    """Judge the logits of the test split.

    Args:
        metric: as `accuracy_metric` returns.
        outputs: split → logits, float array (examples, num_classes).
        dataset: gives labels and class names.
        calibration: "temperature"; None to fit it on the validation split.

    Returns:
        results whose figures are those of `classification_metrics` on calibrated
        probabilities, and ece_before and ece_after, the calibration errors before and
        after the temperature. If it was fitted, also "validation", the figures of that
        split. If it was given and all examples are of one class, what needs two
        is None, as `of_one_class` returns.

    Raises:
        DataError: if the test split holds no example.
        TrainingError: if logits are not finite.
    """
    require_tested(dataset.examples["test"], "example", metric.examples, "accuracy")
    names, labels = dataset.info.labels, dataset.targets(dataset.examples["test"])
    notes: tuple[str, ...] = ()
    if calibration is None:  # done with before the test: of many classes both are large
        temperature, validated = _on_validation(outputs, dataset)
    else:
        temperature, validated = calibration.get("temperature") or 1.0, None
    logits = outputs("test")
    check_finite(logits)
    probabilities = apply_temperature(logits, temperature)
    figures = classification_metrics(labels, probabilities, names)
    answers = ClassAnswers(names, labels, logits, probabilities)
    present = np.unique(labels)
    figures |= {
        "ece_before": expected_calibration_error(
            raw_confidence(logits), answers.correct
        ),
        "ece_after": figures["expected_calibration_error"],
    }
    if calibration is None:
        figures |= {"validation": validated}
    elif len(present) == 1:
        figures, notes = of_one_class(figures), (_one_class_note(names[present[0]]),)
    if sentence := unproven(figures["per_class"], metric.examples):
        notes = (*notes, sentence)
    return Results(
        metric=metric,
        figures=figures,
        calibration={"temperature": temperature},
        scores=classification_scores(dataset.examples["test"], probabilities, names),
        headline=_headline(figures, metric.examples),
        tables=(classes_table(figures["per_class"], metric.examples),),
        notes=notes,
        evidence=answers,
    )


def classes_table(per_class: Mapping[str, Mapping[str, Any]], noun: str) -> Table:
    """Return precision, recall and F1 of each class as a table.

    Args:
        per_class: as `classification_metrics` returns.
        noun: what the examples are, in the plural.
    """
    header = ("Class", "Precision", "Recall", "95 % interval", "F1", noun.capitalize())
    return Table(
        header,
        tuple(_class_row(name, row) for name, row in per_class.items()),
        "Figures by class; the interval is that of the recall",
    )


def _on_validation(
    outputs: Outputs, dataset: Dataset
) -> tuple[float, dict[str, Any] | None]:
    """Return the temperature that suits the validation split, and its figures.

    Their calibration is optimistic, because the temperature was fitted to them.
    """
    if not dataset.examples["validation"]:
        return 1.0, None
    logits = outputs("validation")
    labels = dataset.targets(dataset.examples["validation"])
    check_finite(logits)
    temperature = fit_temperature(logits, labels)
    probabilities = apply_temperature(logits, temperature)
    return temperature, classification_metrics(
        labels, probabilities, dataset.info.labels
    )


def _headline(figures: Mapping[str, Any], noun: str) -> tuple[Fact, ...]:
    low, high = figures["accuracy_interval"]
    accuracy = Fact(
        "Accuracy",
        percent(figures["accuracy"]),
        f"of {figures['examples']:,} unseen {noun} right; "
        f"95 % interval {percent_interval(low, high)}",
    )
    if figures["balanced_accuracy"] is None:
        return (accuracy,)
    balanced = Fact(
        "Balanced accuracy",
        percent(figures["balanced_accuracy"]),
        f"mean recall of the classes; macro F1 {percent(figures['macro_f1'])}",
    )
    return accuracy, balanced


def _one_class_note(name: str) -> str:
    return (
        f"every example is of class {name!r}: precision, F1, averages over classes and "
        "ROC AUC need examples of two classes and are left out"
    )


def _class_row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    hits = round((row["recall"] or 0.0) * row["support"])
    interval = wilson_interval(hits, row["support"])
    return (
        name,
        percent(row["precision"]),
        percent(row["recall"]),
        percent_interval(*interval) if row["support"] else "n/a",
        percent(row["f1"]),
        f"{row['support']:,}",
    )
