"""Small files of the Planetoid form, written as the published ones were."""

import pickle

import numpy as np
from scipy.sparse import csr_matrix


def write_planetoid(folder, name="tiny", test=(8, 10), count=11, seed=0):
    """Write eight files of a graph whose test index has a gap at 9.

    Nodes 0-3 are for training and all below 8 have labels; features count words.
    """
    random = np.random.default_rng(seed)
    known = min(test)
    features = (random.random((count, 5)) < 0.5).astype(np.float32)
    labels = np.eye(2)[np.arange(count) % 2]
    parts = {
        "x": csr_matrix(features[:4]),
        "y": labels[:4],
        "allx": csr_matrix(features[:known]),
        "ally": labels[:known],
        "tx": csr_matrix(features[list(test)]),
        "ty": labels[list(test)],
        "graph": {i: [(i + 1) % count, (i - 1) % count, i] for i in range(count)},
    }
    for part, value in parts.items():
        file = folder / f"ind.{name}.{part}"
        file.write_bytes(pickle.dumps(value, protocol=4))
    lines = "".join(f"{row}\n" for row in reversed(test))
    (folder / f"ind.{name}.test.index").write_text(lines)
    return folder / f"ind.{name}.graph", features, labels
