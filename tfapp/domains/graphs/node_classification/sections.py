"""What the report shows of a classifier of nodes, the graph first."""

from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tfapp.domains.graphs.check import homophily
from tfapp.domains.graphs.dataset import GraphDataset
from tfapp.domains.graphs.node_classification.layout import plane
from tfapp.problems.classification.results import ClassAnswers
from tfapp.problems.classification.sections import classification_sections
from tfapp.report.blocks import Picture, Section
from tfapp.report.style import PALETTE, look, new_figure, to_svg
from tfapp.report.wording import count, drawable, percent
from tfapp.tasks.results import Results

COLOURS = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#a6761d", "#7f8a97"),
    *("#5e4fa2", "#b2df8a", "#fb9a99"),
)
"""Of the classes; Okabe and Ito's first."""
MOST_NODES = 3000
MOST_EDGES = 4000


def node_sections(results: Results, dataset: GraphDataset) -> tuple[Section, ...]:
    """Return the sections of a classifier, and the graph as a picture.

    Args:
        results: of `evaluate_classifier`.
        dataset: the graph.
    """
    return (graph_section(results, dataset), *classification_sections(results))


def graph_section(results: Results, dataset: GraphDataset) -> Section:
    """Show the test nodes, coloured by what was predicted, mistakes marked."""
    answers: ClassAnswers = results.evidence
    share = homophily(dataset.graph)
    shown = "" if share is None else f" {percent(share)} of the edges join one class."
    wrong = int((~answers.correct).sum())
    picture = Picture(
        to_svg(graph_picture(answers, dataset)),
        f"Test nodes on a plane, {wrong:,} of them wrong.",
        "Colours are predicted classes; a ring marks a mistake. Nodes lie close if "
        "their features and those of their neighbours are alike (main components of "
        "features that were averaged over four steps along the edges).",
    )
    lead = f"{count(len(answers.labels), 'nodes')} that were tested.{shown}"
    return Section("The graph", lead, (picture,))


def graph_picture(
    answers: ClassAnswers, dataset: GraphDataset, split: str = "test"
) -> Figure:
    """Draw the nodes of a split by prediction, and edges of the graph below them.

    Args:
        answers: to the nodes.
        dataset: the graph.
        split: of the nodes.
    """
    places = _places(dataset)
    rows = dataset.rows(split)
    best = answers.probabilities.argmax(axis=1)
    random = np.random.default_rng(0)
    chosen = random.permutation(len(rows))[:MOST_NODES]
    with look():
        figure = new_figure(7.0, 5.0)
        axes: Any = figure.subplots()
        _draw_edges(axes, places, dataset)
        for number, name in enumerate(answers.class_names):
            own = places[rows[chosen[best[chosen] == number]]]
            colour = COLOURS[number % len(COLOURS)]
            label = drawable(name, 24) if number < len(COLOURS) else None
            axes.scatter(*own.T, s=14, color=colour, label=label, zorder=2)
        wrong = places[rows[chosen[~answers.correct[chosen]]]]
        axes.scatter(
            *wrong.T,
            s=42,
            facecolors="none",
            edgecolors=PALETTE["second"],
            linewidths=1.1,
            label="mistake",
            zorder=3,
        )
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        axes.grid(False)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


@lru_cache(maxsize=1)
def _places(dataset: GraphDataset) -> np.ndarray:
    """Return where the nodes lie, the same in every picture of a graph."""
    return plane(dataset.adjacency, dataset.features)


def _draw_edges(axes: Any, places: np.ndarray, dataset: GraphDataset) -> None:
    """Draw some of the edges as thin lines, in one path."""
    pairs = dataset.graph.pairs()
    if len(pairs) > MOST_EDGES:
        random = np.random.default_rng(0)
        pairs = pairs[random.choice(len(pairs), MOST_EDGES, replace=False)]
    gaps = np.full(len(pairs), np.nan)
    x, y = (
        np.stack([places[pairs[:, 0], axis], places[pairs[:, 1], axis], gaps], 1)
        for axis in (0, 1)
    )
    axes.plot(x.ravel(), y.ravel(), color=PALETTE["grid"], linewidth=0.4, zorder=1)
