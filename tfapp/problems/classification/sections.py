"""Sections of charts and tables: training, confusion, classes, confidence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tfapp.problems.classification.calibration import softmax
from tfapp.problems.classification.charts import (
    confusion_picture,
    f1_picture,
    reliability_picture,
)
from tfapp.problems.classification.metrics import wilson_interval
from tfapp.problems.classification.report_inputs import ClassificationReportInputs
from tfapp.problems.classification.verdict import confused_pairs
from tfapp.report.blocks import Columns, Picture, Section, Table
from tfapp.report.curves import learning_curves
from tfapp.report.style import to_svg
from tfapp.report.wording import count, percent, percent_interval


def curves_section(history: Sequence[Mapping[str, Any]]) -> Section | None:
    """Show loss and accuracy over the epochs of every phase.

    Args:
        history: one dict per training phase, as `learning_curves` takes.
    """
    phases = [phase for phase in history if phase["epochs"]]
    quantities = [
        q
        for q in ("loss", "accuracy")
        if any(q in epoch for phase in phases for epoch in phase["epochs"])
    ]
    if not quantities:
        return None
    pictures = tuple(
        Picture(
            to_svg(learning_curves(phases, quantity)),
            f"{quantity.capitalize()} over the epochs: {_course(phases, quantity)}.",
        )
        for quantity in quantities
    )
    lead = "; ".join(_phase_words(phase) for phase in phases) + "."
    return Section("Training", lead, (Columns(pictures),))


def confusion_section(inputs: ClassificationReportInputs) -> Section:
    """Show which classes are taken for which."""
    metrics = inputs.metrics
    pairs = confused_pairs(metrics)
    picture = Picture(
        to_svg(confusion_picture(metrics["confusion_matrix"], inputs.class_names)),
        "Confusion matrix; the most frequent mistakes are in the table below it.",
        "A row shows what became of one true class: right answers in blue, mistakes "
        "in orange, stronger for larger shares of the row.",
    )
    rows = tuple(
        (p.label, p.predicted, f"{p.mistakes:,}", percent(p.mistakes / p.support))
        for p in pairs
    )
    header = ("True class", "Predicted", inputs.noun.capitalize(), "Share of the class")
    tables = (Table(header, rows, "Most frequent mistakes", 2),) if rows else ()
    total = metrics["examples"]
    wrong = total - round(metrics["accuracy"] * total)
    lead = f"{wrong:,} of {count(total, inputs.noun)} got a wrong answer."
    return Section("Confusion", lead, (Columns((picture, *tables)),))


def classes_section(inputs: ClassificationReportInputs) -> Section:
    """Show precision, recall and F1 of each class."""
    per_class = inputs.metrics["per_class"]
    rows = tuple(_class_row(name, row) for name, row in per_class.items())
    table = Table(
        (
            "Class",
            "Precision",
            "Recall",
            "95 % interval",
            "F1",
            inputs.noun.capitalize(),
        ),
        rows,
        "Figures by class; the interval is that of the recall",
    )
    picture = Picture(
        to_svg(f1_picture(per_class)), "F1 scores by class; see the table for all."
    )
    lead = (
        "Recall: the share of a class that was found. Precision: the share of its "
        "predictions that were right. F1 balances the two."
    )
    return Section("Classes", lead, (Columns((picture, table)),))


def calibration_section(inputs: ClassificationReportInputs) -> Section:
    """Show whether confidence can be believed, before and after scaling."""
    metrics = inputs.metrics
    temperature = metrics.get("temperature", 1.0)
    after = metrics["expected_calibration_error"]
    before = metrics.get("ece_before", after)
    picture = Picture(
        to_svg(
            reliability_picture(
                softmax(inputs.logits), inputs.probabilities, inputs.labels
            )
        ),
        f"Accuracy by confidence. Expected calibration error {percent(before)} before "
        f"and {percent(after)} after temperature scaling.",
        "On the dotted line, answers given with 80 % confidence are right in 80 % of "
        "cases; below it, the model is over-confident.",
    )
    if metrics.get("validation") is None:
        lead = "Without a validation split, probabilities are left as trained."
    else:
        lead = (
            f"Logits are divided by the temperature {temperature:.3g}, fitted on the "
            f"validation split: calibration error {percent(before)} before, "
            f"{percent(after)} after."
        )
    return Section(
        "Confidence", lead, (Columns((picture, _scores(metrics, inputs.split))),)
    )


def _class_row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    hits = round((row["recall"] or 0.0) * row["support"])
    low, high = wilson_interval(hits, row["support"])
    return (
        name,
        percent(row["precision"]),
        percent(row["recall"]),
        percent_interval(low, high) if row["support"] else "n/a",
        percent(row["f1"]),
        f"{row['support']:,}",
    )


def _scores(metrics: Mapping[str, Any], split: str) -> Table:
    judged = {split.capitalize(): metrics}
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


def _phase_words(phase: Mapping[str, Any]) -> str:
    epochs, best = phase["epochs"], phase.get("best_epoch")
    words = f"{phase['phase'].capitalize()}: {count(len(epochs), 'epochs')}"
    rates = [e["learning_rate"] for e in epochs if e.get("learning_rate") is not None]
    if rates:
        words += f", learning rate up to {max(rates):.2g}"
    if best:
        words += f", weights of epoch {best} kept"
    return words + (", starting weights kept" if best == 0 else "")


def _course(phases: Sequence[Mapping[str, Any]], quantity: str) -> str:
    """Tell a curve in words, for those who cannot see it."""
    ends = []
    for key, name in ((quantity, "training"), (f"val_{quantity}", "validation")):
        values = [e[key] for p in phases for e in p["epochs"] if e.get(key) is not None]
        if values:
            ends.append(f"{name} from {values[0]:.3g} to {values[-1]:.3g}")
    return ", ".join(ends)
