"""A profile of some steps."""

import pytest

from tfapp.training.watching.profile import Profile


@pytest.mark.slow
def test_steps_are_recorded_once(tmp_path):
    """From the first step to the last, wherever a call ends; then never again."""
    profile = Profile([2, 3], tmp_path)
    profile.reach(0)
    assert not profile.running
    profile.reach(1)
    assert profile.running
    profile.reach(8)
    assert not profile.running
    traces = [*tmp_path.rglob("*.xplane.pb")]
    assert len(traces) == 1
    profile.reach(2)
    assert not profile.running


def test_no_profile(tmp_path):
    """Unless it is requested."""
    profile = Profile((), tmp_path)
    for done in range(4):
        profile.reach(done)
    profile.stop()
    assert not [*tmp_path.iterdir()]
