"""Sizes and shares of what is drawn."""

import pytest

from tfapp.base.errors import ConfigError
from tfapp.domains.images.style.task import task


def test_sizes_grow_by_two_and_steps_shrink():
    """The coarsest is not above `coarsest`; a narrow picture begins larger."""
    settings = task(styles=["a.jpg"], size=2000, steps=100).settings
    assert settings.scales(1500, 2000) == [
        (125, 100),
        (250, 50),
        (500, 25),
        (1000, 12),
        (2000, 6),
    ]
    assert settings.scales(200, 2000)[0] == (500, 100)
    assert task(styles=["a.jpg"], size=100).settings.scales(9, 9) == [(100, 200)]


def test_shares_sum_to_one():
    """Any numbers above 0 are shares; without them all styles count alike."""
    assert task(styles=["a", "b"], style_shares=[3, 1]).settings.shares == [0.75, 0.25]
    assert task(styles=["a", "b"]).settings.shares == [0.5, 0.5]
    with pytest.raises(ConfigError, match="above 0"):
        task(styles=["a", "b"], style_shares=[1, 0])
    with pytest.raises(ConfigError, match="coarsest` must be at least 64"):
        task(styles=["a"], coarsest=8)
