"""What is written of a phase, how often, and at which cost."""

import math
from collections import defaultdict

import numpy as np
import pytest

from tests.training.loop.picture import Picture
from tfapp.report.blocks import Details
from tfapp.tasks.watching import View
from tfapp.training.watching import watcher as module
from tfapp.training.watching.allowance import POINT, Allowance
from tfapp.training.watching.watcher import Watcher
from tfapp.training.watching.writer import Watching


class Memory:
    """A writer that keeps everything as (step, name, what)."""

    def __init__(self, folder):
        self.folder = folder
        self.records = []

    def scalars(self, step, values):
        """Keep numbers."""
        self.records += [(step, name, value) for name, value in values.items()]

    def item(self, step, name, item):
        """Keep an item."""
        self.records.append((step, name, item))

    histogram = item

    def flush(self):
        """Return the number of records as the size."""
        return len(self.records)

    def cut(self, size):
        """Keep the first records."""
        del self.records[size:]

    def thin(self, wanted):
        """Keep those of wanted steps."""
        self.records = [r for r in self.records if wanted(r[0])]

    def close(self):
        """Do nothing."""


@pytest.fixture
def make(tmp_path):
    """Make a watcher of a picture with some views, and its writers by folder."""
    writers = {}

    def open_writer(folder):
        return writers.setdefault(folder.name, Memory(folder))

    def build(views=(), share=math.inf, total=40, **options):
        workload = Picture(total)
        workload.viewed = lambda: views
        notes = []
        watching = Watching(open_writer, share=share, **options)
        watcher = Watcher(watching, tmp_path, workload, notes.append)
        watcher.begin({})
        return watcher, writers, notes

    return build


def steps(writer):
    """Return the steps of each name."""
    found = defaultdict(list)
    for step, name, _ in writer.records:
        found[name].append(step)
    return dict(found)


def said(text="hello"):
    """Return a view of a text."""
    return View("said", lambda: {"said": Details("now", text)})


def test_figures_of_a_round(make):
    """Training and validation apart, under one name, from round 1 on."""
    watcher, writers, _ = make()
    row = {"loss": 2.0, "val_loss": 3.0}
    watcher.round(1, row, seconds=10.0, score_seconds=0.0, final=False)
    assert writers["train"].records[0] == (1, "look/loss", 2.0)
    assert writers["validation"].records == [(1, "look/loss", 3.0)]
    (share,) = [v for _, name, v in writers["train"].records if "share" in name]
    assert 0 <= share < 0.1


def test_points_are_thinned(make, monkeypatch):
    """Of many units only so many points are written, at an even distance."""
    monkeypatch.setattr(module, "MOST_POINTS", 10)
    watcher, writers, _ = make(total=200)
    monkeypatch.setattr(Picture, "pulse", lambda self: {"loss": 1.0})
    for done in range(5, 205, 5):
        watcher.workload.done = done
        watcher.unit(0.1, seconds=1.0)
    assert steps(writers["train"])["step/loss"] == list(range(20, 220, 20))
    assert writers["train"].records[1] == (20, "step/learning_rate", 0.1)


def test_sheets_are_thinned(make, monkeypatch):
    """Beyond so many, every second is forgotten; the last is there."""
    monkeypatch.setattr(module, "MOST_SHEETS", 4)
    watcher, writers, _ = make([said()])
    for number in range(1, 12):
        watcher.round(number, {}, 1.0, 0.0, final=number == 11)
    assert steps(writers["examples"]) == {"said": [4, 8, 11]}


def test_large_sheets_are_thinned(make, monkeypatch):
    """So are those of too many bytes."""
    monkeypatch.setattr(module, "MOST_BYTES", 3)
    watcher, writers, _ = make([said()])
    for number in range(1, 9):
        watcher.round(number, {}, 1.0, 0.0, final=False)
    assert len(writers["examples"].records) <= 3


def test_nothing_is_drawn_that_costs_too_much(make):
    """A view waits until the training has lasted long enough for it."""
    watcher, writers, _ = make([said()], share=0.05)
    watcher.round(1, {}, seconds=5.0, score_seconds=0.0, final=False)
    assert "examples" not in writers or not writers["examples"].records
    watcher.round(2, {}, seconds=15.0, score_seconds=0.0, final=False)
    assert steps(writers["examples"]) == {"said": [2]}


def test_what_has_waited_longest_comes_first(make, monkeypatch):
    """Where there is time for one view a round, they take turns."""
    names = ("first", "second")
    views = [View(name, lambda n=name: {n: Details("", "")}) for name in names]
    watcher, writers, _ = make(views)
    asked = []

    def permits(self, kind, seconds, guess=0.0):
        asked.append(kind)
        return len(asked) % 2 == 1

    monkeypatch.setattr(Allowance, "permits", permits)
    for number in (1, 2, 3):
        watcher.round(number, {}, 1.0, 0.0, final=False)
    assert steps(writers["examples"]) == {"first": [1, 3], "second": [2]}


def test_figures_alone(make):
    """At the level "figures" no example is shown."""
    views = [said(), View("curves", lambda: {"c": Details("", "")}, pictures=False)]
    watcher, writers, _ = make(views, level="figures")
    watcher.round(1, {}, 1.0, 0.0, final=False)
    assert steps(writers["examples"]) == {"c": [1]}


def test_histograms_of_weights(make):
    """On request, of every weight."""
    watcher, writers, _ = make(histograms=True)
    watcher.round(1, {}, 1.0, 0.0, final=False)
    assert steps(writers["examples"]) == {"weights/picture": [1]}


def test_a_view_that_fails_ends_nothing(make):
    """It is noted once and left out."""

    def fail():
        raise ValueError("no ink\nat all")

    watcher, writers, notes = make([View("broken", fail), said()])
    for number in (1, 2):
        watcher.round(number, {}, 1.0, 0.0, final=False)
    assert steps(writers["examples"]) == {"said": [1, 2]}
    (note,) = notes
    assert note.endswith("view 'broken': ValueError: no ink")


def test_a_state_brings_everything_back(make):
    """Sizes, cost and thinning: what was written after it is gone."""
    watcher, writers, _ = make([said()])
    watcher.round(1, {"loss": 1.0}, 1.0, 0.0, final=False)
    state = watcher.state()
    watcher.round(2, {"loss": 1.0}, 1.0, 0.0, final=False)
    again, _, _ = make([said()])
    again.begin({**state, "sizes": {}})
    assert again.drawn == [1]
    assert again.seconds == state["spent"]
    watcher.begin(state)
    assert steps(writers["examples"]) == {}  # emptied by `again`


def test_a_state_from_before_the_last_thinning(make, monkeypatch):
    """What was drawn after it is gone, though the file has become shorter since."""
    monkeypatch.setattr(module, "MOST_SHEETS", 4)
    watcher, writers, _ = make([said()])
    for number in range(1, 5):
        watcher.round(number, {}, 1.0, 0.0, final=False)
    state = watcher.state()
    for number in range(5, 9):
        watcher.round(number, {}, 1.0, 0.0, final=False)
    assert steps(writers["examples"])["said"] == [4, 8]
    watcher.begin(state)
    assert steps(writers["examples"])["said"] == [4]


def test_allowance():
    """A guess counts until the work was measured; what was spent is never forgotten."""
    allowance = Allowance(share=0.1)
    assert allowance.permits("draw", 100.0, guess=7.9)
    assert not allowance.permits("draw", 100.0, guess=8.1)
    with allowance.measured("draw"):
        pass
    assert allowance.permits("draw", 100.0, guess=8.1)
    allowance.spent = 8.0
    assert not allowance.permits("draw", 100.0 - 1e-3)
    assert allowance.permits_point(1.0), "its share is its own"
    allowance.points, allowance.costs[POINT] = 1.9, 0.2
    assert not allowance.permits_point(100.0)


def test_features_below_the_answer():
    """The vector that the last layer with weights takes, whatever follows it."""
    import keras

    from tfapp.training.watching.features import below_answer

    inputs = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(3, activation="relu", name="hidden")(inputs)
    dropped = keras.layers.Dropout(0.5)(hidden)
    logits = keras.layers.Dense(2)(dropped)
    model = keras.Model(inputs, keras.layers.Activation("linear")(logits))
    rows = np.random.default_rng(0).random((5, 4), "float32")
    below = below_answer(model)
    expected = keras.Model(inputs, hidden)(rows)
    np.testing.assert_allclose(below(rows), expected, rtol=1e-6)
    assert below_answer(keras.Model(inputs, inputs)) is None
