"""When the agent explores, when it learns, and which options are refused."""

import numpy as np
import pytest

from tests.domains.reinforcement.games import Counting, settings
from tfapp.base.errors import ConfigError
from tfapp.domains.reinforcement.dqn.playing import Lane
from tfapp.domains.reinforcement.dqn.watchdog import Watchdog


def test_chance_falls_from_one():
    """It stays 1 until learning starts, and ends at the share of the recipe."""
    rule = settings(learning_starts=100, exploration_steps=200, exploration=0.1)
    shares = [rule.share_of_chance(steps) for steps in (0, 100, 200, 300, 10_000)]
    np.testing.assert_allclose(shares, [1.0, 1.0, 0.55, 0.1, 0.1])


@pytest.mark.parametrize("every", [1, 4, 5])
def test_updates_fall_due_however_steps_are_bundled(every):
    """Their number depends on the steps alone."""
    rule = settings(learning_starts=50, update_every=every, updates=2)
    single = sum(rule.due(steps, 1) for steps in range(200))
    bundled = sum(rule.due(steps, 8) for steps in range(0, 200, 8))
    assert single == bundled == 2 * (200 // every - 50 // every)
    assert rule.due(0, 50) == 0


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("discount", 1.0, r"in \[0, 1\)"),
        ("exploration", 1.5, "share"),
        ("frames", 0, "at least 1"),
        ("learning_rate", 0.0, "above 0"),
        ("capacity", 4_000, "more than learning_starts"),
    ],
)
def test_impossible_options_are_refused(option, value, text):
    """With the option's name, and what it may be."""
    with pytest.raises(ConfigError, match=f"`task_options.{option}`.*{text}"):
        settings(**{option: value})


def test_rewards_are_clipped_for_learning_alone():
    """The game's own count stays."""
    rule = settings(clip_rewards=True)
    assert [rule.shown(r) for r in (-7.0, 0.5, 3.0)] == [-1.0, 0.5, 1.0]
    assert settings(clip_rewards=False).shown(3.0) == 3.0
    assert settings(clip_rewards=True, reward_scale=0.5).shown(3.0) == 0.5


def test_watchdog_reports_running_values_and_one_action():
    """Each once, when it begins; a round that recovers starts anew."""
    lines = []
    watch = Watchdog(lines.append, 0.9, ("stay", "go"))
    watch.reward(-2.0)
    mixed, one = np.array([5, 5]), np.array([0, 100])
    watch.round(19.0, mixed)
    assert lines == []
    watch.round(31.0, mixed)
    watch.round(40.0, mixed)
    assert len(lines) == 1
    assert "values diverge: 31" in lines[0]
    watch.round(1.0, one)
    assert len(lines) == 1
    state = watch.state()
    again = Watchdog(lines.append, 0.9, ("stay", "go"))
    again.restore(state)
    again.round(1.0, one)
    again.round(1.0, one)
    assert len(lines) == 2
    assert "'go' in 100%" in lines[1]


def test_a_lane_knows_how_its_episode_ended():
    """By the game or by a time limit."""
    for cut, expected in ((False, "terminal"), (True, "time limit")):
        lane = Lane(Counting(length=2, cut=cut))
        lane.begin(0, 0)
        lane.act(0)
        assert lane.ended == ""
        lane.act(1)
        assert (lane.ended, lane.total, lane.actions) == (expected, 2.0, [0, 1])
