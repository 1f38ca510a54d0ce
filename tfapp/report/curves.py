"""Charts of the training: one quantity over the epochs of every phase."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from tfapp.report.style import PALETTE, look, new_figure, percent_axis


def learning_curves(history: Sequence[Mapping[str, Any]], quantity: str) -> Figure:
    """Draw one quantity over the epochs, a panel per training phase.

    Args:
        history: one dict per phase: "phase" (its name), "epochs" (a dict of floats
            per epoch, such as loss, val_loss, accuracy, val_accuracy,
            learning_rate; a missing or None value leaves a gap) and, optionally,
            "best_epoch" (whose weights were kept; 0 for those before the phase).
        quantity: "loss", "accuracy" or another key of the epochs; its validation
            counterpart is `val_` + quantity. Accuracies read in percent.

    Returns:
        figure whose panels share the vertical axis; a loss that falls by more than
        a factor of 30 gets a logarithmic one.
    """
    lengths = [len(phase["epochs"]) for phase in history]
    # Square roots, so that 5 epochs of fine-tuning stay visible next to 60.
    ratios = [max(length, 1) ** 0.5 for length in lengths]
    ratios = [max(ratio, 0.45 * max(ratios)) for ratio in ratios]
    with look():
        figure = new_figure(4.7 if len(history) < 3 else 6.2, 3.1)
        panels = figure.subplots(
            1, len(history), sharey=True, squeeze=False, width_ratios=ratios
        )[0]
        for axes, phase in zip(panels, history, strict=True):
            _draw_phase(axes, phase, quantity)
        _scale_quantity(panels[0], history, quantity)
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside lower left", ncols=3
        )
    return figure


def _draw_phase(axes: Axes, phase: Mapping[str, Any], quantity: str) -> None:
    epochs = np.arange(1, len(phase["epochs"]) + 1)
    marker = "o" if len(epochs) <= 12 else ""
    lines = {
        "Training": (quantity, "second", (0, (4, 2))),
        "Validation": (f"val_{quantity}", "accent", "-"),
    }
    for label, (key, colour, dashes) in lines.items():
        values = _series(phase, key)
        if np.isfinite(values).any():
            axes.plot(
                epochs,
                values,
                color=PALETTE[colour],
                linestyle=dashes,
                marker=marker,
                label=label,
            )
    best_epoch = phase.get("best_epoch")
    if best_epoch is not None:
        axes.axvline(
            best_epoch,
            color=PALETTE["muted"],
            linewidth=1.0,
            linestyle=":",
            label="Kept weights",
        )
    axes.set(title=phase["phase"].replace("_", " ").capitalize(), xlabel="Epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, min_n_ticks=1))
    axes.set_xlim(-0.3 if best_epoch == 0 else 0.5, len(epochs) + 0.5)


def _scale_quantity(
    axes: Axes, history: Sequence[Mapping[str, Any]], quantity: str
) -> None:
    keys = (quantity, f"val_{quantity}")
    values = np.concatenate([_series(p, key) for p in history for key in keys])
    values = values[np.isfinite(values)]
    if "accuracy" in quantity:
        low = np.floor((values.min() if len(values) else 0.0) * 20 - 0.5) / 20
        percent_axis(axes, "y", low=float(np.clip(low, 0.0, 0.95)))
    elif len(values) and values.min() > 0 and values.max() / values.min() > 30:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_ylabel(quantity.replace("_", " ").capitalize())


def _series(phase: Mapping[str, Any], key: str) -> np.ndarray:
    values = [epoch.get(key) for epoch in phase["epochs"]]
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
