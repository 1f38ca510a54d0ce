"""Main figure of recipes over several seeds: mean, spread, interval, time, memory.

    python benchmarks/accuracy.py cats_dogs_features cats_dogs_fine_tune --seeds 0 1 2

Each seed also draws another validation split. Every run is a process of its own, below
`--folder`; those complete there are read, not repeated, and killed ones are resumed.
The interval is that of the one test set, shared by all seeds: Wilson's for the mean of
a share of right answers, otherwise the mean of the bounds that the runs measured. The
figures of simple methods on the same test set stand next to it.
"""

import argparse
import statistics
from pathlib import Path

from run_once import metrics_of, run_once

from tfapp.base.intervals import wilson_interval
from tfapp.report.wording import duration, size
from tfapp.tasks.results import PrimaryMetric, read_metric

HEADER = (
    "| recipe | figure | seeds | test figure, mean ± sd | 95 % interval | each "
    "| simple methods | time per run | peak memory |\n" + "|---" * 9 + "|"
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
    metric = read_metric(found[0]["metric"])
    each = [metrics[metric.key] for metrics in found]
    mean = statistics.mean(each)
    spread = statistics.stdev(each) if len(each) > 1 else 0.0
    seconds = statistics.median(m["run"]["total_seconds"] for m in found)
    memory = max(m["run"]["peak_memory_bytes"] for m in found)
    low, high = interval(metric, mean, found)

    def text(value: float) -> str:
        return f"{value:.2%}" if metric.unit == "%" else f"{value:.4f}"

    cells = [
        recipe,
        metric.short,
        str(len(each)),
        f"{text(mean)} ± {text(spread)}",
        f"{text(low)} to {text(high)}",
        ", ".join(map(text, each)),
        "; ".join(f"{b['name']} {text(b['value'])}" for b in found[0]["baselines"]),
        duration(seconds),
        size(memory),
    ]
    return f"| {' | '.join(cells)} |"


def interval(
    metric: PrimaryMetric, mean: float, found: list[dict]
) -> tuple[float, float]:
    """Return the 95 % interval of the mean on the test set that all seeds share."""
    if metric.scores == "binary":
        total = found[0]["examples"]
        return wilson_interval(round(mean * total), total)
    bounds = [metrics[f"{metric.key}_interval"] for metrics in found]
    return statistics.mean(b[0] for b in bounds), statistics.mean(b[1] for b in bounds)


if __name__ == "__main__":
    main()
