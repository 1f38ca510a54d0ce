"""The replay memory gives back what was played, and never joins two episodes."""

import numpy as np
import pytest
import tensorflow as tf

from tests.domains.reinforcement.games import Counting
from tfapp.domains.reinforcement.dqn.learning.replay import END, Entries, Replay
from tfapp.domains.reinforcement.dqn.playing import Lane


def played(games, ticks, **options):
    """Return the entries of several games, each in turn, as training adds them."""
    lanes = [Lane(Counting(length=3 + i, **options)) for i in range(games)]
    entries = Entries()
    for number, lane in enumerate(lanes):
        lane.begin(0, number)
    for tick in range(ticks):
        for number, lane in enumerate(lanes):
            if lane.ended:
                entries.add(lane.frame, END, 0.0, True, lane.age)
                lane.begin(tick, games * tick + number)
                continue
            frame, age = lane.frame, lane.age
            moment = lane.act(tick % 2)
            entries.add(frame, tick % 2, moment.reward, moment.terminal, age)
    return entries


def filled(games, ticks, capacity, **options):
    """Return a memory that has seen some entries."""
    memory = Replay(Counting(), capacity, games)
    arrays = played(games, ticks, **options).arrays("uint8")
    for start in range(0, len(arrays[1]), 8):
        memory.add(*(a[start : start + 8] for a in arrays))
    return memory


@pytest.mark.parametrize(("games", "capacity"), [(1, 500), (3, 500), (1, 64), (3, 64)])
def test_stacks_never_span_episodes(games, capacity):
    """Every frame of an observation, and the next one, is of one episode."""
    memory = filled(games, 90, capacity)
    before, actions, rewards, terminals, after = (
        np.asarray(v) for v in memory.sample(4_000, tf.constant([0, 1]))
    )
    assert set(actions) == {0, 1}
    assert (rewards == 1.0).all()
    before, after = (v.reshape(len(v), 3).astype(int) for v in (before, after))
    for seen, following in zip(before, after, strict=True):
        newest = seen[-1]
        count = newest % 10  # the first frame of an episode shows 1
        expected = [newest - k if count > k else 0 for k in (2, 1, 0)]
        assert seen.tolist() == expected
        assert following[-1] == newest + 1
        assert following[:2].tolist() == seen[1:].tolist()
    lasts = before[:, -1] % 10
    assert set(lasts[terminals == 1]) == set(range(3, 3 + games))


def test_time_limits_are_no_terminals():
    """An episode that is cut has a next observation to go on from."""
    memory = filled(2, 60, 500, cut=True)
    before, *_, terminals, after = memory.sample(2_000, tf.constant([0, 0]))
    assert not np.asarray(terminals).any()
    difference = np.asarray(after)[..., -1].astype(int) - np.asarray(before)[..., -1]
    assert (difference == 1).all()


def test_every_transition_is_as_likely():
    """Ends of episodes are passed over without weight for their neighbours."""
    memory = filled(1, 12, 500)
    before = np.asarray(memory.sample(40_000, tf.constant([1, 2]))[0])[..., -1]
    _, counts = np.unique(before, return_counts=True)
    assert len(counts) == 9  # three episodes of three steps, an end behind each
    assert counts.max() / counts.min() < 1.1


@pytest.mark.parametrize("capacity", [20, 500])
def test_state_is_compressed_and_restored(capacity, monkeypatch):
    """A memory that takes back a state draws what the first one draws."""
    monkeypatch.setattr("tfapp.domains.reinforcement.dqn.learning.replay.CHUNK", 7)
    memory = filled(2, 30, capacity)
    other = Replay(Counting(), capacity, 2)
    other.restore(memory.state())
    for one, two in zip(memory.columns, other.columns, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    drawn = [m.sample(16, tf.constant([4, 5])) for m in (memory, other)]
    for one, two in zip(*drawn, strict=True):
        np.testing.assert_array_equal(one, two)
