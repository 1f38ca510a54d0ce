"""Two clouds of points that a network tells apart in seconds."""

import numpy as np

from tests.domains.tiny import Tiny


def clouds(folder):
    """Write sixty points of each of two classes."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    lines = [
        f"{x:.4f} {y:.4f} {label}"
        for label, centre in (("left", -1), ("right", 1))
        for x, y in generator.normal(centre, 0.5, (60, 2))
    ]
    path = folder / "clouds.points"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    table = {
        "data": {"path": str(path), "batch_size": 16},
        "model": {"name": "point_network"},
        "training": {"epochs": 3, "learning_rate": 1e-2},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
        },
    }
    return Tiny(str(path), table, [str(path)])


TINY = {"point_classification": clouds}
