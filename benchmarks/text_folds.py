"""Cross-validate a recipe on texts, next to naive Bayes and NB-weighted bigrams.

    python benchmarks/text_folds.py text/rt_polarity --folds 10

Every text is tested once. Of the others of a fold a tenth is for validation. Copies and
near copies stay in one fold. Prints accuracy by fold, the mean, and the network's gain
over the better simple method with a 95 % interval over the folds.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.context import LoadContext
from tfapp.data.split.units import units_of
from tfapp.recipes.config import Recipe

CONTEXT: dict[str, Any] = {"seed": 0, "split_file": None, "cache_dir": Path()}


def main() -> None:
    """Print a line per fold and the summary."""
    arguments = parsed()
    recipe = recipes.load_recipe(arguments.recipe, arguments.set)
    rows = []
    for fold, table in enumerate(tables(recipe, arguments.folds), start=1):
        began = time.monotonic()
        rows.append(judged(recipe, table, arguments.seed))
        shares = ", ".join(f"{n} {100 * v:.2f}" for n, v in rows[-1].items())
        print(f"fold {fold}: {shares} ({time.monotonic() - began:.0f} s)", flush=True)
        if fold == arguments.only:
            break
    for name in rows[0]:
        values = 100 * np.array([row[name] for row in rows])
        print(f"{name}: {values.mean():.2f} ± {values.std(ddof=len(rows) > 1):.2f}")
    simple = max((n for n in rows[0] if n != "network"), key=lambda n: rows[0][n])
    gains = 100 * np.array([row["network"] - row[simple] for row in rows])
    if len(gains) > 1:
        half = stats.t.ppf(0.975, len(gains) - 1) * stats.sem(gains)
        print(f"gain over {simple}: {gains.mean():+.2f} ± {half:.2f} points")


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe", help="name or file")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--only", type=int, default=0, help="stop after so many folds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


def tables(recipe: Recipe, folds: int) -> Iterator[Path]:
    """Yield a table of all texts for each fold, with a column of splits."""
    from tfapp.domains.text.classification.check import examine

    examined = examine(LoadContext(recipe.data, **CONTEXT))
    examples = examined.usable.examples
    contents = examined.texts.source.contents
    units = units_of(examples, range(len(examples)))
    order = np.random.default_rng(0).permutation(len(units))
    part = np.empty(len(examples), int)
    for place, number in enumerate(order):
        part[units[number]] = place % (folds * 10)
    for fold in range(folds):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "texts.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(("label", "text", "split"))
                for example, number in zip(examples, part, strict=True):
                    held = "test" if number % folds == fold else "train"
                    if held == "train" and number // folds == fold % 10:
                        held = "validation"
                    text = contents[example.name].decode()
                    writer.writerow((example.target, text, held))
            yield path


def judged(recipe: Recipe, table: Path, seed: int) -> dict[str, float]:
    """Return the test accuracy of the network and of the simple methods."""
    from tfapp.tasks import get_task
    from tfapp.tasks.build import build_model
    from tfapp.training import devices
    from tfapp.training.job import TrainingJob
    from tfapp.training.loop.training_loop import TrainingLoop
    from tfapp.training.trainer import Trainer

    options = recipe.data.options | {"text_column": "text", "label_column": "label"}
    data = recipe.data.model_copy(update={"path": str(table), "options": options})
    dataset = load_dataset(data, seed=seed)
    precision = recipe.runtime.precision
    devices.begin_anew(seed, "float32" if precision == "auto" else precision)
    loop = TrainingLoop(
        table.parent, Reporter(quiet=True), patience=recipe.training.patience
    )
    task = get_task(recipe.task, recipe.task_options)
    model = build_model(recipe.model, dataset.info)
    trainer = Trainer(
        TrainingJob(model, dataset, task, recipe, loop, table.parent / "cache")
    )
    trainer.train()
    results = task.judge(trainer.logits, dataset, None)
    simple = {b.name: b.value for b in results.baselines}
    return {"network": results.figures["accuracy"], **simple}


if __name__ == "__main__":
    main()
