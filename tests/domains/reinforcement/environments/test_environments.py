"""Games: their episodes follow from seeds, and show what was published."""

import importlib.util

import numpy as np
import pytest
from PIL import Image

from tests.domains.reinforcement.games import Counting
from tfapp.base.errors import ConfigError, UnknownNameError
from tfapp.domains.reinforcement.environments import names
from tfapp.domains.reinforcement.environments.atari import AtariGame
from tfapp.domains.reinforcement.environments.making import make_environment
from tfapp.domains.reinforcement.environments.spec import History

PLACES = ["gym:CartPole-v1", "gym:Acrobot-v1", "minatar:breakout", "ale:breakout"]


def episode(game, seed, steps=60):
    """Return frames and rewards of an episode of changing actions."""
    frames, rewards = [game.reset(seed)], []
    for step in range(steps):
        moment = game.step(step % len(game.actions))
        frames.append(moment.frame)
        rewards.append(moment.reward)
        if moment.ended:
            break
    return np.stack(frames), rewards


@pytest.mark.parametrize("place", PLACES)
def test_an_episode_follows_from_its_seed(place):
    """The same seed gives the same episode, also after another one was played."""
    game = make_environment(place, {})
    first = episode(game, 7)
    other = episode(game, 8)
    again = episode(game, 7)
    elsewhere = episode(make_environment(place, {}), 7)
    for one in (again, elsewhere):
        np.testing.assert_array_equal(one[0], first[0])
        assert one[1] == first[1]
    assert first[0].shape != other[0].shape or (first[0] != other[0]).any()
    assert first[0].shape[1:] == game.frame_shape
    assert first[0].dtype == game.dtype
    picture = game.picture()
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.std() > 0


def test_atari_frames_are_those_of_the_paper():
    """Four frames an action; the brightest of two screens, grey, 84 x 84."""
    game = AtariGame("pong", no_ops=0)
    ale = AtariGame("pong", no_ops=0).ale
    game.reset(0)
    ale.reset_game()
    code = game.codes[3]
    for _ in range(40):
        moment = game.step(3)
        for _ in range(2):
            ale.act(code)
        screens = []
        for _ in range(2):
            ale.act(code)
            screens.append(ale.getScreenRGB().astype(float))
        brightest = np.max(screens, axis=0)
        grey = (brightest @ [0.299, 0.587, 0.114]).astype(np.uint8)
        small = Image.fromarray(grey).resize((84, 84), Image.Resampling.BILINEAR)
        difference = moment.frame[..., 0].astype(int) - np.asarray(small)
        assert np.abs(difference).max() <= 1
    assert game.ale.getEpisodeFrameNumber() == 160


@pytest.mark.slow
def test_atari_starts_after_some_actions_that_do_nothing():
    """From 0 to 30 of them, by the seed of the episode."""
    game = AtariGame("pong")
    starts = set()
    for seed in range(40):
        game.reset(seed)
        starts.add(game.start)
    assert min(starts) < 5
    assert 25 < max(starts) <= 31


@pytest.mark.slow
def test_a_lost_life_is_no_end():
    """The game goes on after it; a time limit is no terminal either."""
    game = AtariGame("breakout", max_frames=2_000)
    game.reset(0)
    lost = []
    for step in range(600):
        moment = game.step(1 if step % 5 == 0 else 2)
        lost.append(moment.life_lost)
        assert not moment.terminal or not moment.truncated
        if moment.ended:
            break
    assert sum(lost) >= 1
    assert not (moment.ended and lost[-1])
    short = AtariGame("pong", max_frames=40)
    short.reset(0)
    moments = [short.step(0) for _ in range(10)]
    assert [m.truncated for m in moments] == [False] * 9 + [True]
    assert not any(m.terminal for m in moments)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["minatar:breakout", "ale:pong"])
def test_sticky_actions_repeat_the_last_one(place):
    """As often as is said; with probability 0 never."""
    options = {"sticky_actions": 0.25} | ({"no_ops": 0} if "ale" in place else {})
    game = make_environment(place, options)
    free = make_environment(place, options | {"sticky_actions": 0.0})
    taken = {}
    for one in (game, free):
        one.reset(3)
        one.frames_per_step = 1
        taken[one] = []
        for step in range(400):
            action = step % len(one.actions)
            moment = one.step(action)
            wanted = one.codes[action] if "ale" in place else one.numbers[action]
            taken[one].append(one.last == wanted)
            if moment.ended:
                one.reset(step)
    assert all(taken[free])
    assert 0.7 < np.mean(taken[game]) < 0.9


def test_time_limits_of_cartpole_are_no_terminals():
    """The pole that stands at the limit has not fallen."""
    game = make_environment("gym:CartPole-v1", {"max_frames": 4})
    game.reset(0)
    moments = [game.step(step % 2) for step in range(4)]
    assert [m.truncated for m in moments] == [False, False, False, True]
    assert not any(m.terminal for m in moments)


def test_history_begins_empty():
    """Frames before the beginning are 0; the newest is the last."""
    history = History(Counting(stack=3))
    for value, expected in ((5, [0, 0, 5]), (6, [0, 5, 6]), (7, [5, 6, 7])):
        frame = np.full((1, 1, 1), value, np.uint8)
        (history.begin if value == 5 else history.add)(frame)
        assert history.observation.ravel().tolist() == expected
    history.begin(np.full((1, 1, 1), 9, np.uint8))
    assert history.observation.ravel().tolist() == [0, 0, 9]


@pytest.mark.parametrize(
    ("place", "options", "error", "text"),
    [
        ("ale:pongg", {}, UnknownNameError, "Did you mean 'pong'"),
        ("minatar:brakout", {}, UnknownNameError, "Did you mean 'breakout'"),
        ("gym:CartPol-v1", {}, UnknownNameError, "Did you mean 'CartPole-v1'"),
        ("atari:pong", {}, UnknownNameError, "kind of environment"),
        ("gym:Pendulum-v1", {}, ConfigError, "continuous actions"),
        ("gym:Taxi-v4", {}, ConfigError, "array of numbers"),
        ("gym:CartPole-v1", {"ramping": True}, ConfigError, "no effect"),
        ("minatar:freeway", {"no_ops": 3}, ConfigError, "no effect"),
        ("ale:pong", {"sticky_actions": 1.5}, ConfigError, r"in \[0, 1\)"),
        ("ale:pong", {"no_ops": -1}, ConfigError, "0 or more"),
    ],
)
def test_wrong_games_and_options_are_refused(place, options, error, text):
    """Each in one line that names the way out."""
    with pytest.raises(error, match=text) as caught:
        make_environment(place, options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["gym:CartPole-v1", "minatar:breakout", "ale:pong"])
def test_a_missing_extra_is_named(place, monkeypatch):
    """With the command that installs it."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *a: None if name in names.PACKAGES.values() else found(name, *a),
    )
    with pytest.raises(ConfigError, match=r"pip install 'tfapp\[play\]'"):
        make_environment(place, {})
