"""Recipes compared before a run: what wins, and what the time allows."""

import numpy as np
import pytest

from tfapp.base.reporter import Reporter
from tfapp.runs import candidates
from tfapp.runs.candidates import Candidate, choose

QUIET = Reporter(quiet=True)
RNG = np.random.default_rng(0)
LOSSES = RNG.uniform(0.1, 0.5, 200)


def candidate(name, gain, noise=0.0):
    """Return a candidate whose losses are lower by a gain, but for noise."""
    losses = LOSSES - gain + RNG.normal(0, noise + 1e-9, 200)
    return Candidate(name, losses, losses < 0.3)


@pytest.fixture
def judged(monkeypatch):
    """Let candidates have planted losses, and a clock that moves ten seconds each."""
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(candidates.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(candidates, "_judged", lambda name, planted, _: planted)


def test_only_a_sure_gain_replaces_the_rules_choice(judged):
    """The best of several wins; a gain within its standard error does not."""
    rivals = {"a": candidate("a", 0.0), "b": candidate("b", 0.1)}
    name, lines = choose(rivals | {"c": candidate("c", 0.05)}, 100.0, QUIET)
    assert name == "b"
    assert lines[0].startswith("cross-validated a: ")
    assert lines[-1] == "chosen: b"
    rivals = {"a": candidate("a", 0.0), "b": candidate("b", 0.001, noise=0.4)}
    assert choose(rivals, 100.0, QUIET)[0] == "a"


def test_what_does_not_fit_into_the_time_is_left_out(judged):
    """Each takes ten seconds; the first one is needed anyway."""
    rivals = {name: candidate(name, 0.1) for name in "abcd"}
    _, lines = choose(rivals, 25.0, QUIET)
    left_out = [line for line in lines if line.startswith("not compared")]
    assert left_out == ["not compared for lack of time: d"]
    _, lines = choose(rivals, 0.0, QUIET)
    assert sum(line.startswith("cross-validated") for line in lines) == 1
