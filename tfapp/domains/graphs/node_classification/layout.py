"""Places of nodes on a plane: neighbours with like features lie close."""

import numpy as np
from scipy.sparse import csr_array

HOPS = 4


def plane(adjacency: csr_array, features: csr_array, seed: int = 0) -> np.ndarray:
    """Return the two main components of the features, spread over the edges.

    Nothing is optimised: the features are multiplied by S four times, and what is
    left of them is turned so that the first two axes show most of their variance.
    Equal graphs get equal places.

    Args:
        adjacency: S, float (nodes, nodes).
        features: float (nodes, columns).
        seed: of the columns that components are sought among.

    Returns:
        Places, float (nodes, 2), each axis with variance 1.
    """
    width = min(features.shape[1], 32)
    random = np.random.default_rng(seed)
    sketch = features @ random.normal(size=(features.shape[1], width))
    for _ in range(HOPS):
        sketch = adjacency @ sketch
    sketch = sketch - sketch.mean(axis=0)
    values, vectors = np.linalg.eigh(sketch.T @ sketch)
    places = sketch @ vectors[:, np.argsort(values)[::-1][:2]]
    if places.shape[1] < 2:
        places = np.pad(places, ((0, 0), (0, 2 - places.shape[1])))
    deviation = places.std(axis=0)
    result: np.ndarray = places / np.where(deviation > 0, deviation, 1.0)
    return result
