"""Layers of volumes give one answer on every Keras backend."""

import numpy as np
import pytest

from tfapp.domains.volumes.layers import (
    Camera,
    anchor_labels,
    anchors,
    directional_tsdf,
    keep_best,
    overlap,
    voxel_centres,
)


def answers():
    """Return numbers of boxes and of distances, one list each."""
    random = np.random.default_rng(0)
    boxes = random.uniform(0.5, 1.5, (9, 7)).astype("float32")
    depth = random.uniform(0.9, 1.1, (6, 8))
    centres = voxel_centres((-0.2, -0.2, 0.8), 0.1, (4, 4, 4))
    around = anchors((2, 2, 2), 0.5, [(1.0, 1.0, 1.0)]).reshape(-1, 7)
    parts = (
        overlap(boxes[:, None], boxes[None]),
        keep_best(boxes, boxes[:, 0], 0.3, 5),
        anchor_labels(around, boxes, 0.5, 0.2)[0],
        directional_tsdf(depth, Camera((8.0, 8.0), (3.5, 2.5)), centres, 0.1),
    )
    return [np.asarray(part, float).ravel().tolist() for part in parts]


@pytest.mark.nightly
@pytest.mark.parametrize("backend", ["jax", "numpy"])
def test_other_backends(in_fresh_process, backend):
    """JAX and NumPy compute what this backend does."""
    if backend == "jax":
        pytest.importorskip("jax", reason="the extra 'jax' is not installed")
    found = in_fresh_process(ELSEWHERE, KERAS_BACKEND=backend)
    for one, other in zip(found, answers(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


ELSEWHERE = """
import json
from tests.domains.volumes.layers.test_backends import answers
print(json.dumps(answers()))
"""
