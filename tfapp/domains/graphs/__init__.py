"""Graphs: nodes with features and edges between them to a class for each node.

The tables name what recipes may use, as "module:function" relative to this package.
"""

FORMS = "a folder of nodes.csv and edges.csv, or an ind.NAME.graph with its files"
"""What `data.path` may be, for messages."""

DATA = {"graph": "load:graph"}
"""Kinds of data: what the examples are and what the network receives."""

CHECKS = {"graph": "check:check_graph"}
"""What reports the faults of each kind of data."""

SPLITS = {"graph": ("random",)}
"""Kind of data → the ways to split it."""

TASKS = {"node_classification": "node_classification.task:task"}

INTERFACES = {"node_classification": "node_classification.interface:INTERFACE"}
"""What the exported models of each task take and answer, without the task."""

TASK_DATA = {"node_classification": ("graph",)}
"""The kinds of data that each task learns from; the first is the default."""

REQUIREMENTS = {
    "node_classification": {
        "fine_tune": (None, "networks on graphs are trained from random weights"),
        "runtime.strategy": ("single", "one graph is not divided among devices"),
    },
}
"""Task → recipe key → what it has to be, and why."""

MODELS = {
    "gcn": "models.gcn:gcn",
    "appnp": "models.appnp:appnp",
    "dagnn": "models.dagnn:dagnn",
    "node_perceptron": "models.node_perceptron:node_perceptron",
}
"""Networks: builders that return a keras.Model of logits for every node."""

PLANS = {"node_classification": "plan:plan"}
"""Task → what writes the recipe of `tfapp fit`."""
