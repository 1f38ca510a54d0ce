"""Attention as a picture: where the network looked for each symbol it wrote."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle

from tfapp.report.blocks import Picture
from tfapp.report.style import HEAT, look, new_figure, to_svg
from tfapp.report.wording import drawable

CELL = 0.24
"""Inches."""
MOST = 48
"""Symbols of a side that are drawn."""


def attention_picture(
    source: Sequence[str], answer: Sequence[str], weights: np.ndarray
) -> Picture:
    """Return a picture of attention: a row per symbol written, a column per one read.

    Args:
        source: symbols that were read.
        answer: symbols that were written.
        weights: float (symbols written, symbols read) or larger, of sum 1 in a row.
    """
    read, written = list(source[:MOST]), list(answer[:MOST])
    shown = np.asarray(weights, float)[: len(written), : len(read)]
    with look():
        figure = new_figure(1.0 + CELL * len(read), 0.8 + CELL * len(written))
        axes = figure.add_subplot()
        axes.grid(visible=False)
        for (row, column), share in np.ndenumerate(shown):
            corner, alpha = (column - 0.5, row - 0.5), float(np.clip(share, 0, 1))
            color = HEAT["right"]
            shade = Rectangle(corner, 1, 1, facecolor=color, alpha=alpha, linewidth=0)
            axes.add_patch(shade)
        axes.set_xlim(-0.5, len(read) - 0.5)
        axes.set_ylim(len(written) - 0.5, -0.5)
        axes.set_xticks(range(len(read)), [drawable(s, 12) for s in read])
        axes.set_yticks(range(len(written)), [drawable(s, 12) for s in written])
        axes.xaxis.tick_top()
        if max(map(len, read), default=1) > 1:
            axes.tick_params(axis="x", labelrotation=90)
        svg = to_svg(figure)
    places = shown.argmax(axis=1) if shown.size else []
    pairs = ", ".join(
        f"{w} at {read[i]}" for w, i in zip(written, places, strict=False)
    )
    return Picture(svg, f"For each symbol the place looked at most: {pairs}.")
