"""Tiny series that a network can learn in seconds."""

import numpy as np

from tests.domains.tiny import Tiny

STEPS = 240


def wide(path, steps=STEPS, seed=0):
    """Write two noisy waves of twelve months each with a holiday column."""
    generator = np.random.default_rng(seed)
    count = np.arange(steps)
    times = np.datetime64("2000-01", "M") + count
    waves = np.sin(2 * np.pi * (count[:, None] + [0, 4]) / 12) * [1, 5] + [10, 50]
    waves = waves + 0.1 * generator.normal(0, 1, waves.shape)
    rows = [
        f"{time},{a:.4f},{b:.4f}" for time, (a, b) in zip(times, waves, strict=True)
    ]
    path.write_text("\n".join(["month,a,b", *rows]) + "\n", encoding="utf-8")
    return path


def long(path, items=("x", "y", "z"), steps=STEPS, future=0, seed=0):
    """Write series of days with an id, a covariate known in advance and a size.

    Args:
        path: of the file.
        items: names of the series; each is half as long as the one before.
        steps: of the first series.
        future: rows behind the last value that hold the covariate alone.
        seed: of the noise.
    """
    generator = np.random.default_rng(seed)
    rows = ["id;date;sales;holiday;size"]
    for number, item in enumerate(items):
        length = steps // 2**number
        for step in range(steps - length, steps + future):
            day = np.datetime64("2020-01-01", "D") + step
            holiday = int(step % 7 == 0)
            value = 100 * (number + 1) + 20 * holiday + generator.normal()
            cell = f"{value:.3f}".replace(".", ",") if step < steps else ""
            rows.append(f"{item};{day};{cell};{holiday};{number}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def waves(folder):
    """Two waves of 240 months for a small linear network."""
    folder.mkdir(parents=True)
    path = wide(folder / "waves.csv")
    table = {
        "data": {
            "path": str(path),
            "batch_size": 16,
            "split": {"by": "time"},
            "options": {"horizon": 6, "window": 24},
        },
        "model": {"name": "linear_forecaster"},
        "training": {"epochs": 3, "learning_rate": 1e-2},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
        },
    }
    return Tiny(str(path), table, [str(path)])


TINY = {"forecasting": waves}
