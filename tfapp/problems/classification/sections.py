"""Sections of a classifier's report: confusion, classes, confidence."""

from collections.abc import Callable, Mapping
from typing import Any

from tfapp.problems.classification.calibration import raw_confidence
from tfapp.problems.classification.charts import (
    confusion_picture,
    f1_picture,
    reliability_picture,
)
from tfapp.problems.classification.results import ClassAnswers
from tfapp.problems.classification.verdict import confused_pairs
from tfapp.report.blocks import Columns, Picture, Section, Table
from tfapp.report.style import to_svg
from tfapp.report.wording import count, percent
from tfapp.tasks.results import Results


def classification_sections(results: Results) -> tuple[Section, ...]:
    """Return the sections that every classifier has, whatever its examples are.

    Args:
        results: as `evaluate_classifier` returns.
    """
    return (
        confusion_section(results),
        classes_section(results),
        calibration_section(results),
    )


def confusion_section(results: Results) -> Section:
    """Show which classes are taken for which."""
    metrics = results.figures
    names, noun = results.evidence.class_names, results.metric.examples
    pairs = confused_pairs(metrics)
    shown: list[Picture | Table] = []
    if matrix := metrics["confusion_matrix"]:
        picture = Picture(
            to_svg(confusion_picture(matrix, names)),
            "Confusion matrix; the most frequent mistakes are in the table below it.",
            "A row shows what became of one true class: right answers in blue, "
            "mistakes in orange, stronger for larger shares of the row.",
        )
        shown.append(picture)
    rows = tuple(
        (p.label, p.predicted, f"{p.mistakes:,}", percent(p.mistakes / p.support))
        for p in pairs
    )
    header = ("True class", "Predicted", noun.capitalize(), "Share of the class")
    if rows:
        shown.append(Table(header, rows, "Most frequent mistakes", 2))
    total = metrics["examples"]
    wrong = total - round(metrics["accuracy"] * total)
    lead = f"{wrong:,} of {count(total, noun)} got a wrong answer."
    return Section("Confusion", lead, (Columns(tuple(shown)),))


def classes_section(results: Results) -> Section:
    """Show precision, recall and F1 of each class."""
    per_class = results.figures["per_class"]
    shown: list[Picture | Table] = [results.tables[0]]
    if any(row["f1"] is not None for row in per_class.values()):
        picture = to_svg(f1_picture(per_class))
        shown = [Picture(picture, "F1 scores by class; see the table for all."), *shown]
    lead = (
        "Recall: the share of a class that was found. Precision: the share of its "
        "predictions that were right. F1 balances the two."
    )
    return Section("Classes", lead, (Columns(tuple(shown)),))


def calibration_section(results: Results) -> Section:
    """Show whether confidence can be believed, before and after scaling."""
    metrics = results.figures
    answers: ClassAnswers = results.evidence
    temperature = results.calibration["temperature"]
    before, after = metrics["ece_before"], metrics["ece_after"]
    raw = raw_confidence(answers.logits)
    picture = Picture(
        to_svg(reliability_picture(raw, answers.confidence, answers.correct)),
        f"Accuracy by confidence. Expected calibration error {percent(before)} before "
        f"and {percent(after)} after temperature scaling.",
        "On the dotted line, answers given with 80 % confidence are right in 80 % of "
        "cases; below it, the model is over-confident.",
    )
    if "validation" not in metrics:
        lead = (
            f"Logits are divided by the temperature {temperature:.3g} that came with "
            f"the model: calibration error {percent(before)} before, "
            f"{percent(after)} after."
        )
    elif metrics["validation"] is None:
        lead = "Without a validation split, probabilities are left as trained."
    elif temperature == 1.0:
        lead = (
            "Probabilities are left as trained: no temperature fitted on the "
            "validation split surely made held-out examples more likely."
        )
    else:
        lead = (
            f"Logits are divided by the temperature {temperature:.3g}, fitted on the "
            f"validation split: calibration error {percent(before)} before, "
            f"{percent(after)} after."
        )
    return Section("Confidence", lead, (Columns((picture, _scores(metrics))),))


def _scores(metrics: Mapping[str, Any]) -> Table:
    judged = {"Test": metrics}
    if metrics.get("validation") is not None:
        judged["Validation"] = metrics["validation"]
    keys: dict[str, tuple[str, Callable[[float], str]]] = {
        "accuracy": ("Accuracy", percent),
        "top_5_accuracy": ("Top-5 accuracy", percent),
        "roc_auc": ("ROC AUC", "{:.4f}".format),
        "log_loss": ("Log loss (nats)", "{:.4f}".format),
        "brier_score": ("Brier score", "{:.4f}".format),
        "expected_calibration_error": ("Calibration error", percent),
    }
    rows = tuple(
        (title, *(write(of_split[key]) for of_split in judged.values()))
        for key, (title, write) in keys.items()
        if all(of_split.get(key) is not None for of_split in judged.values())
    )
    return Table(("Score", *judged), rows, "Scores of the calibrated probabilities")
