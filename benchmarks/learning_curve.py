r"""Accuracy by training photos per class: recipes x sizes x draws, then `compare`.

    python benchmarks/learning_curve.py cats_dogs_features cats_dogs_scratch \\
        --sizes 5 20 100 500 1000 --seeds 0 1 2

A seed draws other photos (a smaller size keeps a part of a larger one's) and other
starting weights; the test set stays. No photo is kept for validation, so a size is all
that a system ever sees; the last epoch counts. Few photos make few steps per epoch, so
epochs grow with the square root of what the largest size has more. Every run is a
process of its own below `--folder`; finished ones are not repeated and killed ones are
resumed. Overrides (`--set`) come last and win.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tfapp import compare, recipes, runs
from tfapp.cli import show_comparison
from tfapp.config import Recipe
from tfapp.errors import ConfigError
from tfapp.evaluation.recipe_groups import same, settings_of
from tfapp.runs import Run

ALIKE = ("data.split.validation=0", "runtime.precision=float32")
"""No hidden labels; and all sizes computed alike, however long a run is."""


def main() -> None:
    """Run what is missing, then compare everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--sizes", nargs="+", type=int, default=[5, 20, 100, 500, 1000])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/learning_curve"))
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    largest = max(arguments.sizes)
    found = []
    # Seeds outermost: stopped early, there is a curve of fewer draws.
    for seed in arguments.seeds:
        for name in arguments.recipes:
            for size in arguments.sizes:
                overrides = settings(name, size, largest, seed, arguments.overrides)
                found.append(measure(name, overrides, arguments.folder))
    out = arguments.folder / "comparison"
    comparison = compare([str(folder) for folder in found], out=out)
    show_comparison.comparison(comparison, out, as_json_=False)


def settings(
    name: str, size: int, largest: int, seed: int, overrides: list[str]
) -> list[str]:
    """Return the overrides of one run; epochs grow as photos get fewer."""
    recipe = recipes.load_recipe(name)
    longer = (largest / size) ** 0.5
    epochs = [f"{k}={round(n * longer)}" for k, n in epochs_of(recipe)]
    size_and_draw = [f"data.limit_per_class={size}", f"seed={seed}"]
    return [*ALIKE, *size_and_draw, *epochs, *overrides]


def epochs_of(recipe: Recipe) -> Iterator[tuple[str, int]]:
    """Yield the keys that hold numbers of epochs, and the recipe's own numbers."""
    if recipe.fine_tune is None:
        yield "training.epochs", recipe.training.epochs
        return
    yield "fine_tune.head.epochs", recipe.fine_tune.head.epochs
    if recipe.fine_tune.thaw is not None:
        yield "fine_tune.thaw.epochs", recipe.fine_tune.thaw.epochs


def measure(name: str, overrides: list[str], folder: Path) -> Path:
    """Return the folder of a finished run, running or resuming it if need be."""
    recipe = recipes.load_recipe(name, overrides)
    known = list(made(folder, recipe))
    finished = [run for run in known if run.status() == "complete"]
    if finished:
        return finished[0].folder
    print(f"{recipe.name}: {' '.join(overrides)}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "tfapp", "run"]
    if known:
        command += [str(known[-1].folder), "--resume"]
    else:
        command += [name, *(part for text in overrides for part in ("--set", text))]
    places = [f"--runs={folder}", f"--saved-models={folder / 'saved_models'}"]
    done = subprocess.run(
        [*command, *places, "--json"], stdout=subprocess.PIPE, text=True
    )
    if done.returncode:  # the run has said why
        raise SystemExit("Stopped; the same command goes on from here.")
    return Path(json.loads(done.stdout)["run"])


def made(folder: Path, recipe: Recipe) -> Iterator[Run]:
    """Yield the runs of this very recipe and seed that are in the folder."""
    wanted = same(settings_of(recipes.describe(recipe)))
    for path in runs.numbered(folder / recipe.name):
        run = Run(path)
        try:
            stored = recipes.load_recipe(str(run.recipe_file))
        except ConfigError:  # killed before it began, or of another version
            continue
        alike = same(settings_of(recipes.describe(stored))) == wanted
        if alike and stored.seed == recipe.seed:
            yield run


if __name__ == "__main__":
    main()
