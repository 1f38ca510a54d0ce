"""Rules on how training went: each returns a finding, or None if it has none.

A history is a list of training phases, as `curves.learning_curves` takes. Advice is
given on what the recipe has not set yet, and only where the figures show that it is the
cause.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tfapp.recipes.config import Recipe
from tfapp.report.wording import count, percent, points, quoted

Finding = tuple[str, str]
"""What stands out, and what to do about it."""

History = Sequence[Mapping[str, Any]]
"""One dict per training phase."""

JUMP = 0.2
"""Fall of the validation accuracy from one epoch to the next that no learning
explains while the training accuracy holds."""


def learning_findings(history: History, recipe: Recipe) -> list[Finding]:
    """Return what the course of the training shows, the most useful first."""
    rules = (cut_short, unstable, memorises, underfitting, still_improving)
    return [finding for rule in rules if (finding := rule(history, recipe)) is not None]


def cut_short(history: History, recipe: Recipe) -> Finding | None:
    """Report that a time budget ended a phase, and whether more time would help."""
    cut = [phase for phase in history if phase.get("stopped_by") == "deadline"]
    if not cut:
        return None
    epochs = len(cut[-1]["epochs"])
    accuracy = _kept_epoch(history).get("accuracy", 0.0)
    learned = epochs >= 3 and accuracy >= 0.9 and not _still_falling(history)
    minutes = recipe.runtime.minutes
    budget = f" than {minutes:g} minutes" if minutes else ""
    return (
        f"The time budget ended phase {quoted(cut[-1]['phase'])} after "
        f"{count(epochs, 'epochs')}.",
        "It had learned nearly all it could by then: more time may gain little."
        if learned
        else f"It had more to learn: try a larger budget{budget} before anything else.",
    )


def unstable(history: History, recipe: Recipe) -> Finding | None:
    """Report validation figures that jump while the training figures do not.

    Weights that learn steadily do not forget from one epoch to the next; running
    statistics of batch normalisation that lag behind the weights do.
    """
    fall = _largest_fall(history)
    if fall < JUMP:
        return None
    averaging = (
        "" if recipe.training.ema_momentum else ", or set training.ema_momentum = 0.9"
    )
    return (
        f"Validation accuracy fell by {points(fall)} from one epoch to the next, while "
        "training accuracy held.",
        "The running statistics of batch normalisation, or the weights, move too fast: "
        f"halve the learning rate, raise data.batch_size above "
        f"{recipe.data.batch_size}{averaging}.",
    )


def memorises(
    history: History, recipe: Recipe, least: float = 0.05, further: str = ""
) -> Finding | None:
    """Report a training accuracy far above the validation accuracy.

    Args:
        history: training phases.
        recipe: of the run.
        least: smallest difference to report, as a share.
        further: what to do besides adding data; "" for what the recipe leaves.
    """
    gap = _gap(history)
    if gap is None or gap <= least or _largest_fall(history) >= JUMP:
        return None
    advice = further or _less_memory(history, recipe)
    return (
        f"Training accuracy is {points(gap)} above validation accuracy.",
        f"The model memorises: use more data{advice}.",
    )


def underfitting(history: History, recipe: Recipe) -> Finding | None:
    """Report a training accuracy below 90 %, without a gap or a budget."""
    accuracy, gap = _kept_epoch(history).get("accuracy"), _gap(history)
    if accuracy is None or accuracy >= 0.9 or (gap is not None and gap > 0.05):
        return None
    if gap is not None and accuracy - gap >= 0.9:
        return None  # random changes make training examples harder than others
    if cut_short(history, recipe):  # then it is the budget that was too small
        return None
    return (
        f"Training accuracy reaches only {percent(accuracy)}.",
        f"The model is too weak or was stopped early: {_more_learning(history, recipe)}"
        "choose a larger network.",
    )


def still_improving(history: History, recipe: Recipe) -> Finding | None:
    """Report that the last of at least 3 epochs had the lowest validation loss."""
    if not _still_falling(history) or cut_short(history, recipe):
        return None
    return (
        "Validation loss was still falling in the last epoch.",
        "More epochs of the last phase may gain something.",
    )


def _less_memory(history: History, recipe: Recipe) -> str:
    """Name what makes a network memorise less and is not set yet."""
    advice = []
    if not recipe.data.augmentation:
        advice.append("set random changes in data.augmentation")
    if _trained_last(history, "thaw") and recipe.fine_tune is not None:
        advice.append("thaw fewer layers")
    if not recipe.training.weight_decay and recipe.fine_tune is None:
        advice.append("set training.weight_decay")
    return f", or {' or '.join(advice)}" if advice else ""


def _more_learning(history: History, recipe: Recipe) -> str:
    """Name what lets a network learn more, is not set yet, and was not in vain."""
    tune, tried = recipe.fine_tune, {phase["phase"]: phase for phase in history}
    ended = history[-1].get("stopped_by") == "patience"
    if tune is None:
        return "" if ended else "train longer, "
    # The exact optimum of a head learns nothing more in more time.
    solved = tune.head.solver == "exact" and not _trained_last(history, "thaw")
    longer = "" if ended or solved else "train longer, "
    if tune.thaw is None:
        return f"{longer}thaw layers, or "
    if "thaw" not in tried:
        return f"{longer}give it time to thaw layers, or "
    in_vain = tried["thaw"].get("best_epoch") == 0
    return longer if in_vain else f"{longer}thaw more layers, or "


def _trained_last(history: History, phase: str) -> bool:
    """Say whether the kept weights are those of a phase of that name."""
    kept = [p["phase"] for p in history if p["epochs"] and p.get("best_epoch") != 0]
    return bool(kept) and kept[-1] == phase


def _largest_fall(history: History) -> float:
    """Return the largest fall of the validation accuracy beyond that of training."""
    epochs = history[-1]["epochs"] if history else []
    pairs = [(e.get("accuracy"), e.get("val_accuracy")) for e in epochs]
    if len(pairs) < 3 or any(None in pair for pair in pairs):
        return 0.0
    falls = [
        (before[1] - after[1]) - max(before[0] - after[0], 0.0)
        for before, after in pairwise(pairs)
    ]
    return float(max(falls))


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
