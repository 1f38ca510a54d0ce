"""Which network `fit` chooses for a graph."""

import subprocess
import sys
from pathlib import Path

import pytest

from tfapp.base.reporter import Reporter
from tfapp.verbs.fit import plan

DIGITS = Path(__file__).parents[3] / "benchmarks" / "digit_graphs.py"


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("edges", "model"), [("nearest", "appnp"), ("others", "node_perceptron")]
)
def test_the_network_that_suits_the_neighbours(edges, model, tmp_path):
    """Similar neighbours count fifty steps far, those of other classes not at all."""
    subprocess.run([sys.executable, DIGITS, edges, tmp_path], check=True)
    planned = plan(str(tmp_path), reporter=Reporter(quiet=True))
    assert planned.recipe.model.name == model
