"""The built-in solids: reproducible, seen in part, with noise."""

import numpy as np
import pytest

from tfapp.base.errors import ConfigError
from tfapp.domains.volumes.voxels.grid_files import read_grid
from tfapp.domains.volumes.voxels.shapes import SOLIDS, seen_solid, shapes


def seen(solid, views, noise=0.0, seed=0, side=16):
    """Return one grid."""
    return seen_solid(solid, np.random.default_rng(seed), side, views, noise)


def test_every_view_adds_surface():
    """More views show more voxels; all six of them still none from inside."""
    for solid in SOLIDS:
        counts = [
            np.mean([seen(solid, views, seed=seed).sum() for seed in range(4)])
            for views in (1, 3, 6)
        ]
        assert 10 < counts[0] < counts[1] <= counts[2], solid
    ball = seen("ball", 6)
    middle = np.argwhere(ball).mean(axis=0).round().astype(int)
    assert ball[tuple(middle)] == 0


def test_noise_flips_its_share():
    """Noise of 0.1 flips a tenth of the voxels."""
    plain, noisy = seen("cube", 3), seen("cube", 3, 0.1)
    assert (plain != noisy).mean() == pytest.approx(0.1, abs=0.02)


def test_the_same_options_give_the_same_grids():
    """A source is a function of its options, with all classes alike in number."""
    source, again = (shapes({"side": 12, "examples": 3}) for _ in range(2))
    assert source.contents == again.contents
    assert source.labels == tuple(sorted(SOLIDS))
    grids = [read_grid(source.read(e)) for e in source.examples]
    assert {g.shape for g in grids} == {(12, 12, 12)}
    assert len({g.tobytes() for g in grids}) == 3 * len(SOLIDS)


@pytest.mark.parametrize("option", ["side", "examples", "views", "noise"])
def test_options_out_of_range(option):
    """The error names option and range."""
    with pytest.raises(ConfigError, match=rf"data.options.{option}.* must be from"):
        shapes({option: 10**6})
