"""The rules by which `fit` writes a recipe for a graph; see docs/graphs.md."""

from collections.abc import Mapping
from typing import Any

from tfapp.base.errors import DataError
from tfapp.domains.graphs.check import GraphReport
from tfapp.domains.graphs.load import dataset_of
from tfapp.domains.graphs.trials import Trial, best_of, try_network
from tfapp.recipes.plan import Machine, Plan

LEAST_NODES = 10
FEW_LABELS = 100
"""Training nodes of a class below which weights are held small."""
FAR = {"steps": 50, "teleport": 0.02, "dropout": 0.2, "edge_dropout": 0.0}
"""Options of a network that reaches far: few labels, and neighbours that agree."""
CANDIDATES: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "logits spread over ten steps, each weighed": (
        "dagnn",
        {"steps": 10, "dropout": 0.8, "l2": 1e-2},
        {"dropout": 0.5, "l2": 2.5e-5},
    ),
    "logits spread over fifty steps": (
        "appnp",
        {**FAR, "l2": 1e-4},
        {**FAR, "l2": 2.5e-5},
    ),
    "two graph convolutions": (
        "gcn",
        {"units": 64},
        {"units": 64, "l2": 2.5e-5},
    ),
    "features alone": (
        "node_perceptron",
        {"units": 64, "l2": 2.5e-3},
        {"units": 64, "l2": 2.5e-5},
    ),
}
"""What is tried: model, its options for few labels, and those for many."""


def plan(report: GraphReport, machine: Machine) -> Plan:
    """Choose a network for a graph by the validation nodes.

    Raises:
        DataError: if so few nodes have a label that nothing can be chosen.
    """
    graph, context = report.graph, report.context
    if report.usable < LEAST_NODES or graph is None or context is None:
        raise DataError(
            f"{report.name}: {report.usable} nodes with a label. Expected at least "
            f"{LEAST_NODES}, so that some are left to choose by and to test on."
        )
    dataset = dataset_of(graph, context, **context.config.options)
    train = len(dataset.examples["train"]) / len(dataset.info.labels)
    trials = [
        try_network(dataset, table_of(name, train < FEW_LABELS), name, machine)
        for name in CANDIDATES
    ]
    chosen = best_of(trials)
    return Plan(
        dict(chosen.table) | {"data": {"options": dict(context.config.options)}},
        tuple(_reasons(report, trials, chosen, train)),
    )


def table_of(name: str, few: bool) -> dict[str, Any]:
    """Return the recipe of a candidate, without data and task."""
    model, of_few, of_many = CANDIDATES[name]
    return {
        "model": {"name": model, "options": dict(of_few if few else of_many)},
        "training": {
            "epochs": 600,
            "learning_rate": 0.01,
            "schedule": "constant",
            "optimizer": "adam",
            "patience": 100,
        },
        "runtime": {"strategy": "single"},
    }


def _reasons(
    report: GraphReport, trials: list[Trial], chosen: Trial, train: float
) -> list[str]:
    facts = report.facts
    graph = f"{report.counts['files']:,} nodes, {facts['edges']:,} edges"
    if facts["homophily"] is not None:
        graph += f", {facts['homophily']:.0%} of them within a class"
    figures = ", ".join(f"{t.name} {t.accuracy:.1%}" for t in trials)
    reasons = [
        graph,
        f"about {train:.0f} training nodes of each class",
        f"model: {chosen.table['model']['name']}, by the validation nodes: {figures}",
    ]
    if chosen.table["model"]["name"] == "node_perceptron":
        reasons.append(
            "neighbours disagree: features alone are right more often than with edges"
        )
    return reasons
