"""Inputs of networks on graphs: batches of five nodes in a ring with four features."""

import numpy as np

from tfapp.data.spec import InputSpec

NODES, COLUMNS = 5, 4
STRUCTURE = {
    "edges": InputSpec((None, 2), "int32"),
    "weights": InputSpec((None,)),
    "loops": InputSpec((None,)),
}
DENSE = {"features": InputSpec((None, COLUMNS)), **STRUCTURE}
LISTED = {
    "cells": InputSpec((None, 2), "int32", COLUMNS),
    "values": InputSpec((None,)),
    **STRUCTURE,
}


def dense_graphs(count, seed):
    """Return graphs with an array of features."""
    random = np.random.default_rng(seed)
    features = random.uniform(0, 1, (count, NODES, COLUMNS)).astype("float32")
    return {"features": features, **_structure(count)}


def listed_graphs(count, seed):
    """Return graphs with a list of features, one in two of them zero."""
    features = dense_graphs(count, seed)["features"].reshape(count, -1)
    chosen = np.arange(0, NODES * COLUMNS, 2)
    cells = np.stack(np.divmod(chosen, COLUMNS), axis=1).astype("int32")
    cells = np.repeat(cells[None], count, axis=0)
    return {"cells": cells, "values": features[:, chosen], **_structure(count)}


def _structure(count):
    """Return a ring, normalised: every node has two neighbours and itself."""
    start = np.arange(NODES, dtype="int32")
    ring = np.stack([start, (start + 1) % NODES], axis=1)
    both = np.concatenate([ring, ring[:, ::-1]])
    third = np.float32(1 / 3)
    return {
        "edges": np.repeat(both[None], count, axis=0),
        "weights": np.full((count, 2 * NODES), third),
        "loops": np.full((count, NODES), third),
    }
