"""What to do next about a classifier of nodes."""

from tfapp.domains.graphs.node_classification.baselines import FEATURES
from tfapp.problems.classification.verdict import classification_findings
from tfapp.recipes.config import Recipe
from tfapp.report.learning_rules import Finding, History
from tfapp.report.wording import percent
from tfapp.tasks.results import Results

NO_EDGES = "node_perceptron"
"""The network that sees features alone."""


def node_findings(results: Results, history: History, recipe: Recipe) -> list[Finding]:
    """Return what stands out, first whether the edges mislead.

    Args:
        results: of the network, simple methods among them.
        history: of the training.
        recipe: of the run.
    """
    found = classification_findings(results, history, recipe)
    finding = misleading_edges(results, recipe)
    return [finding, *found] if finding else found


def misleading_edges(results: Results, recipe: Recipe) -> Finding | None:
    """Report that features alone are right more often than the network on a graph."""
    alone = next((b for b in results.baselines if b.name == FEATURES), None)
    accuracy = results.figures["accuracy"]
    if alone is None or recipe.model.name == NO_EDGES or alone.value <= accuracy:
        return None
    return (
        f"Neighbours disagree: features alone answer {percent(alone.value)} of the "
        f"nodes right, the network that follows the edges {percent(accuracy)}.",
        f"Use model.name = {NO_EDGES!r}, or edges between nodes of one class.",
    )
