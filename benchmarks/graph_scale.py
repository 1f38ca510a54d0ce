"""Seconds and memory of training on graphs of growing size.

    python benchmarks/graph_scale.py --edges 10000 100000 1000000

The graphs are random: ten edges at each node on average, 64 dense features, ten
classes. Each size runs in a process of its own: the edges are prepared, then a graph
convolutional network of 16 units takes steps over the whole graph. Memory is the most
that the process held, less what it held with TensorFlow loaded and no graph.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

FEATURES, CLASSES, DEGREE = 64, 10, 10
HEADER = (
    "| edges | nodes | prepare | training step | edges per second | memory "
    "| edges per GB |\n" + "|---" * 7 + "|"
)


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=[10**4, 10**5, 10**6])
    parser.add_argument("--model", default="gcn")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.model, arguments.steps)))
        return
    print(HEADER)
    for edges in arguments.edges:
        options = ["--model", arguments.model, "--steps", str(arguments.steps)]
        command = [sys.executable, __file__, "--one", str(edges), *options]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(row(edges, json.loads(done.stdout.splitlines()[-1])), flush=True)


def row(edges: int, found: dict) -> str:
    """Return the row of a size."""
    per_gb = edges / found["gb"]
    cells = [
        f"{edges:,}",
        f"{found['nodes']:,}",
        f"{found['prepare']:.2f} s",
        f"{found['step']:.3f} s",
        f"{edges / found['step']:,.0f}",
        f"{found['gb']:.2f} GB",
        f"{per_gb:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def random_graph(num_edges: int):
    """Return a graph whose edges join nodes at random."""
    from scipy.sparse import csr_array

    from tfapp.domains.graphs.reading.spec import Graph

    random = np.random.default_rng(0)
    count = max(2 * num_edges // DEGREE, 4)
    features = random.normal(size=(count, FEATURES)).astype("float32")
    return Graph(
        "random",
        tuple(map(str, range(count))),
        csr_array(features),
        tuple(map(str, range(FEATURES))),
        random.integers(0, count, (num_edges, 2), dtype=np.int32),
        np.ones(num_edges, np.float32),
        tuple(map(str, random.integers(0, CLASSES, count))),
    )


def measure(num_edges: int, model: str, steps: int) -> dict:
    """Prepare a graph and take training steps; return seconds and gigabytes."""
    from tfapp.base.reporter import Reporter
    from tfapp.machine.start import start_tensorflow

    start_tensorflow(Reporter(quiet=True))
    from tfapp.data.spec import DataInfo
    from tfapp.domains.graphs.dataset import input_specs, network_inputs
    from tfapp.domains.graphs.node_classification.task import task
    from tfapp.domains.graphs.preprocessor import make_preprocessor
    from tfapp.recipes.config import ModelConfig
    from tfapp.tasks.build import build_model

    before = peak_gb()
    graph = random_graph(num_edges)
    began = time.monotonic()
    preprocessor = make_preprocessor(graph, "standard")
    inputs = network_inputs(graph, preprocessor)
    prepared = time.monotonic() - began
    labels = tuple(map(str, range(CLASSES)))
    info = DataInfo(input_specs(preprocessor), (None,), CLASSES, labels)
    network = build_model(ModelConfig(name=model), info)
    learning = task().learning(network, info)
    network.compile("adam", **learning.compile_arguments())
    targets = np.eye(CLASSES, dtype="float32")[None, np.array(graph.labels, int)]
    weights = np.ones(targets.shape[:2], "float32")
    network.train_on_batch(inputs, targets, weights)
    began = time.monotonic()
    for _ in range(steps):
        network.train_on_batch(inputs, targets, weights)
    step = (time.monotonic() - began) / steps
    gb = max(peak_gb() - before, 1e-3)
    return {"nodes": len(graph.nodes), "prepare": prepared, "step": step, "gb": gb}


def peak_gb() -> float:
    """Return the most memory that this process has held."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in text.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1e6


if __name__ == "__main__":
    main()
