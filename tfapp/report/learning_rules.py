"""Rules on how training went: each returns a finding, or None if it has none.

A history is a list of training phases, as `curves.learning_curves` takes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tfapp.report.wording import count, percent, points, quoted

Finding = tuple[str, str]
"""What stands out, and what to do about it."""

History = Sequence[Mapping[str, Any]]
"""One dict per training phase."""

MEMORISES = (
    "The model memorises: use more data, stronger augmentation or dropout, or "
    "train fewer layers."
)


def learning_findings(history: History) -> list[Finding]:
    """Return what the course of the training shows, the most useful first."""
    rules = (cut_short, memorises, underfitting, still_improving)
    return [finding for rule in rules if (finding := rule(history)) is not None]


def cut_short(history: History) -> Finding | None:
    """Report that a time budget ended a phase, and whether more time would help."""
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


def memorises(
    history: History, least: float = 0.05, advice: str = MEMORISES
) -> Finding | None:
    """Report a training accuracy far above the validation accuracy.

    Args:
        history: training phases.
        least: smallest difference to report, as a share.
        advice: what to do about it.
    """
    gap = _gap(history)
    if gap is None or gap <= least:
        return None
    return f"Training accuracy is {points(gap)} above validation accuracy.", advice


def underfitting(history: History) -> Finding | None:
    """Report a training accuracy below 90 %, without a gap or a budget."""
    accuracy, gap = _kept_epoch(history).get("accuracy"), _gap(history)
    if accuracy is None or accuracy >= 0.9 or (gap is not None and gap > 0.05):
        return None
    if cut_short(history):  # then it is the budget that was too small
        return None
    return (
        f"Training accuracy reaches only {percent(accuracy)}.",
        "The model is too weak or was stopped early: train longer, thaw more "
        "layers, or choose a larger network.",
    )


def still_improving(history: History) -> Finding | None:
    """Report that the last of at least 3 epochs had the lowest validation loss."""
    if not _still_falling(history) or cut_short(history):
        return None
    return (
        "Validation loss was still falling in the last epoch.",
        "More epochs of the last phase may gain something.",
    )


def _still_falling(history: History) -> bool:
    epochs = history[-1]["epochs"] if history else []
    losses = [epoch.get("val_loss") for epoch in epochs]
    if len(losses) < 3 or None in losses or min(losses) < losses[-1]:
        return False
    return bool(losses[-1] <= 0.98 * losses[-2])  # else converged: under 2 % gained


def _kept_epoch(history: History) -> Mapping[str, Any]:
    """Return the figures of the epoch whose weights the model has, {} without one."""
    for phase in reversed(history):
        epochs, best = phase["epochs"], phase.get("best_epoch")
        if epochs and best != 0:  # 0: the phase changed nothing, look before it
            return dict(epochs[best - 1 if best else -1])
    return {}


def _gap(history: History) -> float | None:
    """Return training minus validation accuracy of the best epoch."""
    best = _kept_epoch(history)
    training, validation = best.get("accuracy"), best.get("val_accuracy")
    if training is None or validation is None:
        return None
    return float(training - validation)
