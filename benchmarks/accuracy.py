"""Accuracy of recipes over several seeds: mean, spread, interval, time, memory.

    python benchmarks/accuracy.py cats_dogs_features cats_dogs_fine_tune --seeds 0 1 2

Each seed also draws another validation split. Every run is a process of its own, below
`--folder`; those complete there are read, not repeated, and killed ones are resumed.
The interval is Wilson's for the mean accuracy on the one test set, shared by all seeds.
"""

import argparse
import statistics
from pathlib import Path

from run_once import metrics_of, run_once

from tfapp.base.intervals import wilson_interval
from tfapp.report.wording import duration, size

HEADER = (
    "| recipe | seeds | test accuracy, mean ± sd | 95 % interval | each | time per run "
    "| peak memory |\n|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Run what is missing and print one row per recipe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/accuracy"))
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    rows = []
    for recipe in arguments.recipes:
        found = [
            measure(recipe, seed, arguments.folder, arguments.overrides)
            for seed in arguments.seeds
        ]
        rows.append(row(recipe, found))
        print("\n".join([HEADER, *rows]), flush=True)


def measure(recipe: str, seed: int, folder: Path, overrides: list[str]) -> dict:
    """Return the metrics of one run, running it if it is not there."""
    settings = [*overrides, f"seed={seed}", f"data.split.seed={seed}"]
    return metrics_of(run_once(recipe, settings, folder))


def row(recipe: str, found: list[dict]) -> str:
    """Return a recipe's row of the table."""
    each = [metrics["accuracy"] for metrics in found]
    mean = statistics.mean(each)
    spread = statistics.stdev(each) if len(each) > 1 else 0.0
    total = found[0]["examples"]
    low, high = wilson_interval(round(mean * total), total)
    seconds = statistics.median(m["run"]["total_seconds"] for m in found)
    memory = max(m["run"]["peak_memory_bytes"] for m in found)
    return (
        f"| {recipe} | {len(each)} | {mean:.2%} ± {spread:.2%} "
        f"| {low:.2%} to {high:.2%} | {', '.join(f'{a:.2%}' for a in each)} "
        f"| {duration(seconds)} | {size(memory)} |"
    )


if __name__ == "__main__":
    main()
