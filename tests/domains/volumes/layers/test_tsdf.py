"""Signed distances of a depth image, against planes, balls and plain loops."""

import numpy as np
import pytest

from tfapp.domains.volumes.layers.tsdf import (
    Camera,
    directional_tsdf,
    projective_tsdf,
    surface_points,
    voxel_centres,
)

CAMERA = Camera((40.0, 40.0), (15.5, 11.5))
CENTRES = voxel_centres((-0.3, -0.2, 0.7), 0.05, (12, 8, 12))


def ball_depth(radius=0.2, middle=1.0):
    """Return the depth of a ball before a wall at 2 m, by the formula of a ray."""
    rows, columns = np.mgrid[:24, :32]
    x = (columns - CAMERA.centre[0]) / CAMERA.focal[0]
    y = (rows - CAMERA.centre[1]) / CAMERA.focal[1]
    a = x**2 + y**2 + 1
    root = middle**2 - a * (middle**2 - radius**2)
    return np.where(root > 0, (middle - np.sqrt(np.maximum(root, 0))) / a, 2.0)


def test_centres():
    """The first lies half a voxel from the corner; the last axis runs first."""
    np.testing.assert_allclose(CENTRES[0], [-0.275, -0.175, 0.725])
    np.testing.assert_allclose(CENTRES[1] - CENTRES[0], [0, 0, 0.05], atol=1e-6)
    assert CENTRES.shape == (12 * 8 * 12, 3)


def test_a_plane():
    """Before a wall the distance is that along the view, and the way to it."""
    depth = np.full((24, 32), 1.0)
    found = np.asarray(projective_tsdf(depth, CAMERA, CENTRES, 0.1))
    expected = np.clip((1.0 - CENTRES[:, 2]) / 0.1, -1, 1)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    way = np.asarray(directional_tsdf(depth, CAMERA, CENTRES, 0.1))
    near = abs(CENTRES[:, 2] - 1) < 0.09
    np.testing.assert_allclose(way[near, 2], expected[near], atol=1e-5)
    assert abs(way[near, :2]).max() < 0.5 * (1 / 40) / 0.1 + 1e-3
    np.testing.assert_allclose(abs(way[abs(CENTRES[:, 2] - 1) > 0.11]), 1.0)


def test_a_ball_against_plain_loops():
    """Every voxel's pixel and nearest point are those that loops find."""
    depth = ball_depth()
    points = np.asarray(surface_points(depth, CAMERA))
    found = np.asarray(projective_tsdf(depth, CAMERA, CENTRES, 0.15))
    way = np.asarray(directional_tsdf(depth, CAMERA, CENTRES, 0.15))
    for row in range(0, len(CENTRES), 37):
        x, y, z = CENTRES[row].astype(float)
        seen = depth[round(y / z * 40 + 11.5), round(x / z * 40 + 15.5)]
        assert found[row] == pytest.approx(np.clip((seen - z) / 0.15, -1, 1), abs=1e-4)
        distances = np.linalg.norm(points - CENTRES[row], axis=1)
        if distances.min() < 0.14:
            expected = abs(points[distances.argmin()] - CENTRES[row]) / 0.15
            np.testing.assert_allclose(abs(way[row]), expected, atol=1e-4)
            assert (np.sign(way[row][way[row] != 0]) == np.sign(found[row])).all()
    on_it = abs(np.linalg.norm(points - [0, 0, 1], axis=1) - 0.2) < 1e-5
    assert on_it.sum() > 100


def test_voxels_that_nothing_measured_are_empty():
    """Outside the image, behind the camera, and where depth is 0 or NaN."""
    depth = np.full((24, 32), 1.0)
    depth[:, :16] = 0
    depth[0] = np.nan
    centres = np.array(
        [[0.1, 0, 1.2], [-0.1, 0, 1.2], [5, 0, 1], [0, 0, -1]], "float32"
    )
    np.testing.assert_allclose(
        projective_tsdf(depth, CAMERA, centres, 0.1), [-1, 1, 1, 1]
    )
    assert np.isfinite(np.asarray(directional_tsdf(depth, CAMERA, centres, 0.1))).all()
