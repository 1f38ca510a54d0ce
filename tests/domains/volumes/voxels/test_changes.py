"""Random poses and noise of grids."""

import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.volumes.augmentation import VoxelAugmentation
from tfapp.domains.volumes.voxels.changes import make_change, pose_table

SHAPE = (4, 4, 4, 1)
GRIDS = np.random.default_rng(0).integers(0, 2, (6, *SHAPE)).astype("float32")
SEED = tf.constant([3, 4], tf.int64)


@pytest.mark.parametrize(
    ("turns", "mirror", "sides", "count"),
    [
        ("none", False, (4, 4, 4), 1),
        ("none", True, (4, 4, 4), 2),
        ("first_axis", False, (4, 4, 4), 4),
        ("first_axis", True, (4, 4, 4), 8),
        ("all", False, (4, 4, 4), 24),
        ("all", True, (4, 4, 4), 48),
        ("all", False, (4, 4, 5), 8),
        ("first_axis", False, (4, 3, 5), 2),
    ],
)
def test_poses_are_a_group(turns, mirror, sides, count):
    """As many as the symmetries of the box, all different, closed under composition."""
    poses = pose_table(sides, turns, mirror)
    assert len(poses) == count
    np.testing.assert_array_equal(poses[0], np.arange(np.prod(sides)))
    found = {pose.tobytes() for pose in poses}
    assert len(found) == count
    for pose in poses:
        assert {pose[other].tobytes() for other in poses} == found


def test_turns_are_those_of_numpy():
    """The four turns about the first axis are np.rot90's."""
    grid = np.arange(64).reshape(4, 4, 4)
    expected = {np.rot90(grid, k, (1, 2)).tobytes() for k in range(4)}
    poses = pose_table((4, 4, 4), "first_axis", False)
    found = {grid.ravel()[p].reshape(4, 4, 4).tobytes() for p in poses}
    assert found == expected


def test_a_batch_is_changed_by_its_seed_alone():
    """Each grid is in one of the poses; equal seeds give equal batches."""
    config = VoxelAugmentation(quarter_turns="all", mirror=True)
    change = tf.function(make_change(config, SHAPE, True))
    turned, labels = change(GRIDS, np.arange(6), SEED)
    np.testing.assert_array_equal(labels, np.arange(6))
    np.testing.assert_array_equal(turned, change(GRIDS, np.arange(6), SEED)[0])
    assert (change(GRIDS, np.arange(6), SEED + 1)[0].numpy() != turned.numpy()).any()
    poses = pose_table(SHAPE[:3], "all", True)
    for one, other in zip(GRIDS, turned.numpy(), strict=True):
        assert (one.ravel()[poses] == other.ravel()).all(axis=1).any()


def test_noise_flips_occupancy_and_is_added_to_measurements():
    """Its strength is drawn from 0 to the greatest, mean a half, for each grid."""
    many = np.zeros((400, *SHAPE), np.float32)
    flip = make_change(VoxelAugmentation(noise=0.4), SHAPE, True)
    flipped = flip(many, many, SEED)[0].numpy()
    assert set(np.unique(flipped)) == {0.0, 1.0}
    assert flipped.mean() == pytest.approx(0.2, abs=0.02)
    add = make_change(VoxelAugmentation(noise=0.4), SHAPE, False)
    added = add(many, many, SEED)[0].numpy()
    assert added.mean() == pytest.approx(0, abs=0.01)
    assert added.std() == pytest.approx(0.4 / np.sqrt(3), abs=0.02)
    assert make_change(VoxelAugmentation(), SHAPE, True) is None
