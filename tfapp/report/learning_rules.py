"""Rules of the verdict on how training went."""

from collections.abc import Mapping, Sequence
from typing import Any

from tfapp.report.figures import Figures, Finding
from tfapp.report.wording import count, percent, points, quoted


def cut_short(figures: Figures) -> Finding | None:
    """Tell when a time budget ended a phase, and whether more time would help."""
    history = figures.history
    cut = [phase for phase in history if phase.get("stopped_by") == "deadline"]
    if not cut:
        return None
    epochs = len(cut[-1]["epochs"])
    accuracy = _kept_epoch(history).get("accuracy", 0.0)
    learned = epochs >= 3 and accuracy >= 0.9 and not _still_falling(history)
    return (
        f"The time budget ended phase {quoted(cut[-1]['phase'])} after "
        f"{count(epochs, 'epochs')}.",
        "It had learned nearly all it could by then: more time may gain little."
        if learned
        else "It had more to learn: try a larger budget before anything else.",
    )


def train_validation_gap(figures: Figures) -> Finding | None:
    """Tell when training accuracy is over 5 points above validation's."""
    gap = _gap(figures.history)
    if gap is None or gap <= 0.05:
        return None
    return (
        f"Training accuracy is {points(gap)} above validation accuracy.",
        "The model memorises: use more data, stronger augmentation or dropout, or "
        "train fewer layers.",
    )


def underfitting(figures: Figures) -> Finding | None:
    """Tell when training accuracy itself is below 90 %, without a gap or a budget."""
    accuracy = _kept_epoch(figures.history).get("accuracy")
    gap = _gap(figures.history)
    if accuracy is None or accuracy >= 0.9 or (gap is not None and gap > 0.05):
        return None
    if cut_short(figures):  # then it is the budget that was too small
        return None
    return (
        f"Training accuracy reaches only {percent(accuracy)}.",
        "The model is too weak or was stopped early: train longer, thaw more "
        "layers, or choose a larger network.",
    )


def still_improving(figures: Figures) -> Finding | None:
    """Tell when the last of at least 3 epochs had the lowest validation loss."""
    if not _still_falling(figures.history) or cut_short(figures):
        return None
    return (
        "Validation loss was still falling in the last epoch.",
        "More epochs of the last phase may gain something.",
    )


LEARNING_RULES = (cut_short, train_validation_gap, underfitting, still_improving)
"""Silent if every answer was right: then more training has nothing to show for it."""


def _still_falling(history: Sequence[Mapping[str, Any]]) -> bool:
    epochs = history[-1]["epochs"] if history else []
    losses = [epoch.get("val_loss") for epoch in epochs]
    if len(losses) < 3 or None in losses or min(losses) < losses[-1]:
        return False
    return bool(losses[-1] <= 0.98 * losses[-2])  # else converged: under 2 % gained


def _kept_epoch(history: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Figures of the epoch whose weights the model has, {} if nothing is known."""
    for phase in reversed(history):
        epochs, best = phase["epochs"], phase.get("best_epoch")
        if epochs and best != 0:  # 0: the phase changed nothing, look before it
            return dict(epochs[best - 1 if best else -1])
    return {}


def _gap(history: Sequence[Mapping[str, Any]]) -> float | None:
    """Training minus validation accuracy of the kept epoch."""
    kept = _kept_epoch(history)
    training, validation = kept.get("accuracy"), kept.get("val_accuracy")
    if training is None or validation is None:
        return None
    return float(training - validation)
