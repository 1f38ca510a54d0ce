"""One worker of a cluster: trains recipes, and writes what it has learned."""

import json
import sys
import time
from pathlib import Path

import h5py
import numpy as np

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.machine.cluster import join
from tfapp.runs.session import rehearse
from tfapp.runs.workers import begun, cluster_for


def train(folder, name):
    """Train a recipe of a folder; return the weights and the history of every phase.

    Returns:
        Name of a phase → list of arrays; and name of a phase → epochs.
    """
    recipe = recipes.load_recipe(str(folder / f"{name}.toml"))
    reporter = Reporter(quiet=True)
    with (
        join(cluster_for(recipe.runtime)) as member,
        begun(member, recipe, folder / "runs", reporter) as (run, own_reporter),
    ):
        loop = rehearse(
            recipe,
            run,
            own_reporter,
            began=time.monotonic(),
            resumed=False,
            watch=lambda loop, history: False,
        )
        place = run.folder / "checkpoints"
        weights = {phase.phase: arrays(place, phase.phase) for phase in loop.phases}
        return weights, {phase.phase: phase.epochs for phase in loop.phases}


def arrays(place, phase):
    """Return all arrays of a phase's weights, in a fixed order."""
    if (file := place / f"{phase}.npz").is_file():
        with np.load(file) as stored:
            return [stored[key] for key in stored]
    found = []
    with h5py.File(place / f"{phase}.weights.h5") as file:
        file.visititems(
            lambda name, item: (
                found.append(item[()]) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


def main(folder, index, *names):
    """Train recipes one after the other; write INDEX_NAME.npz and .json."""
    folder = Path(folder)
    for name in names:
        weights, history = train(folder, name)
        flat = {
            f"{p} {i}": a for p, many in weights.items() for i, a in enumerate(many)
        }
        np.savez(folder / f"{index}_{name}.npz", **flat)
        text = json.dumps(history)
        (folder / f"{index}_{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
