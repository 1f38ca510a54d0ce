"""The section on the course of the training."""

from collections.abc import Mapping
from typing import Any

from tfapp.report.blocks import Columns, Picture, Section
from tfapp.report.curves import learning_curves
from tfapp.report.learning_rules import History
from tfapp.report.style import to_svg
from tfapp.report.wording import count

COSTS = ("learning_rate", "seconds", "waiting_share")
"""What epochs hold and a chart does not show."""


def training_section(history: History) -> Section | None:
    """Show loss and metrics over the epochs of every phase, None without epochs."""
    phases = [phase for phase in history if phase["epochs"]]
    pictures = tuple(
        Picture(
            to_svg(learning_curves(phases, quantity)),
            f"{quantity.capitalize()} over the epochs: {_course(phases, quantity)}.",
        )
        for quantity in _quantities(phases)
    )
    if not pictures:
        return None
    lead = "; ".join(_phase_words(phase) for phase in phases) + "."
    return Section("Training", lead, (Columns(pictures),))


def _quantities(phases: History) -> list[str]:
    """Return the loss and the metrics that epochs have, the loss first."""
    keys = dict.fromkeys(key for p in phases for epoch in p["epochs"] for key in epoch)
    metrics = [k for k in keys if not k.endswith("loss") and not k.startswith("val_")]
    losses = ["loss"] if "loss" in keys else []
    return losses + [key for key in metrics if key not in COSTS]


def _phase_words(phase: Mapping[str, Any]) -> str:
    epochs, best = phase["epochs"], phase.get("best_epoch")
    words = f"{phase['phase'].capitalize()}: {count(len(epochs), 'epochs')}"
    rates = [e["learning_rate"] for e in epochs if e.get("learning_rate") is not None]
    if rates:
        words += f", learning rate up to {max(rates):.2g}"
    if best:
        words += f", weights of epoch {best} kept"
    return words + (", starting weights kept" if best == 0 else "")


def _course(phases: History, quantity: str) -> str:
    """Describe a curve in words, for those who cannot see it."""
    ends = []
    for key, name in ((quantity, "training"), (f"val_{quantity}", "validation")):
        values = [e[key] for p in phases for e in p["epochs"] if e.get(key) is not None]
        if values:
            ends.append(f"{name} from {values[0]:.3g} to {values[-1]:.3g}")
    return ", ".join(ends)
