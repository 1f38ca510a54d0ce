r"""What more training photos are worth: recipes x sizes x draws, then `compare`.

    python benchmarks/learning_curve.py cats_dogs_features cats_dogs_scratch \\
        --sizes 5 20 100 500 1000 --seeds 0 1 2
    python benchmarks/learning_curve.py isbi_unet isbi_unet_mobilenet --sizes 5 12 24

Sizes are photos per class; of segmentations, images. A seed draws other photos (a
smaller size keeps a part of a larger one's) and other starting weights; the test set
stays. No photo is kept for validation, so a size is all that a system ever sees; the
last epoch counts. Few photos make few steps per epoch, so epochs grow with the square
root of what the largest size has more. Every run is a process of its own below
`--folder`; finished ones are not repeated and killed ones are resumed. Overrides
(`--set`) come last and win.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from run_once import run_once

from tfapp import compare, recipes
from tfapp.cli import show_comparison
from tfapp.recipes.config import Recipe

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
                found.append(run_once(name, overrides, arguments.folder))
    out = arguments.folder / "comparison"
    comparison = compare([str(run.folder) for run in found], out=out)
    show_comparison.comparison(comparison, out, as_json_=False)


def settings(
    name: str, size: int, largest: int, seed: int, overrides: list[str]
) -> list[str]:
    """Return the overrides of one run; epochs grow as photos get fewer."""
    recipe = recipes.load_recipe(name)
    longer = (largest / size) ** 0.5
    epochs = [f"{k}={round(n * longer)}" for k, n in epochs_of(recipe)]
    size_and_draw = [f"data.limit={size}", f"seed={seed}"]
    return [*ALIKE, *size_and_draw, *epochs, *overrides]


def epochs_of(recipe: Recipe) -> Iterator[tuple[str, int]]:
    """Yield the keys that hold numbers of epochs, and the recipe's own numbers."""
    if recipe.fine_tune is None:
        yield "training.epochs", recipe.training.epochs
        return
    yield "fine_tune.head.epochs", recipe.fine_tune.head.epochs
    if recipe.fine_tune.thaw is not None:
        yield "fine_tune.thaw.epochs", recipe.fine_tune.thaw.epochs


if __name__ == "__main__":
    main()
