"""Searches that are killed at every moment end as if they had not been."""

import pytest

from tests.tuning.conftest import SMALL, Killed
from tfapp.base.errors import ConfigError, TfappError
from tfapp.tuning.process import TrialProcess
from tfapp.tuning.records import COMPLETE, FAILED, STOPPED

MOMENTS = [
    "before the state is written",
    "after the state is written",
    "in a trial",
    "after a trial",
]


def outline(history):
    """Return what must not depend on kills."""
    return [(t.number, dict(t.values), t.status, t.value) for t in history.trials]


@pytest.mark.slow
@pytest.mark.parametrize("tuner", ["random", "bayesian", "hyperband", "grid"])
def test_killed_at_every_moment(toy_search, tuner):
    """The same trials with the same scores, and no trial ends twice.

    Every moment of the search kills it once: before and after each write of its state,
    within each trial, and between the end of a trial and its being told.
    """
    count = 8 if tuner == "bayesian" else 16
    config = {"tuner": tuner, "trials": count, "stop_hopeless": tuner == "random"}
    config |= {"space": SMALL} if tuner == "bayesian" else {}
    whole = toy_search("whole_tune", **config).run()
    seen = {moment: 0 for moment in MOMENTS}
    survived = {moment: 0 for moment in MOMENTS}

    def kill(moment):
        seen[moment] += 1
        if seen[moment] > survived[moment]:
            survived[moment] += 1
            raise Killed(moment)

    kills, history = 0, None
    while history is None:
        seen = dict.fromkeys(MOMENTS, 0)
        try:
            history = toy_search("killed_tune", kill, **config).run()
        except Killed:
            kills += 1
    assert outline(history) == outline(whole)
    assert sorted(history.ended) == list(range(count))
    assert kills >= 4


def test_more_trials_later(toy_search):
    """A search that has ended goes on when it may have more trials."""
    toy_search(trials=3).run()
    second = toy_search(trials=6)
    history = second.run()
    assert second.started == [3, 4, 5]
    assert outline(history) == outline(toy_search("whole_tune", trials=6).run())
    third = toy_search(trials=6)
    third.run()
    assert third.started == []


def test_workers_share_the_trials(toy_search):
    """Several at a time: each trial once, and the cores are divided."""
    search = toy_search(trials=9)
    history = search.run(workers=3)
    assert sorted(search.started) == list(range(9))
    assert {t.status for t in history.trials} == {COMPLETE}
    assert search.search.recipe_of(1, {}).runtime.threads >= 1
    assert search.search.recipe_of(1, {}).seed == 1


def test_hopeless_trials_stop_early_and_keep_their_score(toy_search):
    """The median rule ends trials, never the recipe itself."""
    history = toy_search(trials=16, stop_hopeless=True).run()
    stopped = [t for t in history.trials if t.status == STOPPED]
    assert stopped
    assert all(t.rounds < 9 for t in stopped)
    assert history.trials[0].status == COMPLETE
    best = history.best
    assert best.status == COMPLETE


def test_failed_trials_are_noted_and_the_search_goes_on(toy_search, monkeypatch):
    """A crash is a row with its reason; settings that do not fit are one too."""
    search = toy_search(trials=5)

    def crash_once(process, on_round):
        if process.job.folder.endswith("/2"):
            return {"failure": "ended by SIGSEGV", "kind": "crash"}
        return search.train(process, on_round)

    monkeypatch.setattr(TrialProcess, "run", crash_once)
    history = search.run()
    statuses = [t.status for t in history.trials]
    assert statuses == [COMPLETE, COMPLETE, FAILED, COMPLETE, COMPLETE]
    assert history.trials[2].failure == "ended by SIGSEGV"
    again = toy_search(trials=5).run()
    assert again.trials[2].failure == "ended by SIGSEGV"


def test_recipe_that_does_not_run_ends_the_search(toy_search, monkeypatch):
    """If trial 0 fails by the user's mistake all would; it is tried again later."""
    search = toy_search()
    failure = {"failure": "No images found.", "kind": "DataError"}
    monkeypatch.setattr(TrialProcess, "run", lambda process, on_round: dict(failure))
    with pytest.raises(TfappError, match=r"recipe itself does not run: No images"):
        search.run()
    assert toy_search().run().trials[0].status == COMPLETE


def test_not_a_number_is_a_failure_with_its_reason(toy_search, monkeypatch):
    """A score that is not a number is no score."""
    search = toy_search(trials=2)

    def nan(process, on_round):
        found = search.train(process, on_round)
        return found | {"value": None} if process.job.folder.endswith("/1") else found

    monkeypatch.setattr(TrialProcess, "run", nan)
    history = search.run()
    assert history.trials[1].failure == "val_loss was not a number in the best round"


def test_another_space_is_refused(toy_search):
    """The folder of a search holds one search; the message names the key."""
    folder = toy_search().folder
    folder.folder.mkdir(parents=True)
    folder.require_same({"tuning": {"space": {"a": [1, 2]}}, "recipe": {}})
    folder.require_same({"tuning": {"space": {"a": (1, 2)}}, "recipe": {}})
    with pytest.raises(ConfigError, match=r"`tuning\.space\.a` = \[1, 2\], not \[1\]"):
        folder.require_same({"tuning": {"space": {"a": [1]}}, "recipe": {}})


def test_one_search_in_a_folder(toy_search):
    """A second process is refused while the first one works."""
    folder = toy_search().folder
    with folder.locked(), pytest.raises(ConfigError, match="in use"), folder.locked():
        pass
