"""Test accuracy of recipes for graphs over many seeds or splits, in one process.

    python benchmarks/graph_seeds.py graphs/cora graphs/cora_best --seeds 20
    python benchmarks/graph_seeds.py graphs/cora --splits 100

Every seed trains as a run does, its best epoch chosen on the validation nodes, without
export and report. With `--splits` every seed also draws another split, of 20 training
nodes of each class. Simple methods stand in rows of their own.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import Recipe

PER_CLASS = 20
HEADER = (
    "| recipe | test accuracy, mean ± sd | validation | lowest to highest | seeds "
    "| epochs | time per seed |\n" + "|---" * 7 + "|"
)


def main() -> None:
    """Print a row for each recipe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--splits", type=int, default=0, help="random ones")
    parser.add_argument("--validation", type=int, default=500, help="nodes of these")
    parser.add_argument("--test", type=int, default=1000, help="nodes of these")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    reporter = Reporter(quiet=True)
    start_tensorflow(reporter)
    print(HEADER)
    for name in arguments.recipes:
        recipe = recipes.load_recipe(name, arguments.overrides)
        if not arguments.splits:
            seeded = (with_seed(recipe, s) for s in range(arguments.seeds))
            rows = [shown(measure(one)) for one in seeded]
        else:
            share = (arguments.validation, arguments.test)
            drawn = (with_split(recipe, s, *share) for s in range(arguments.splits))
            rows = [shown(measure(one, simple=True)) for one in drawn]
        print(line(name, rows), flush=True)
        simple = rows if arguments.splits else [baselines(with_seed(recipe, 0))]
        for method, values in collected(simple).items():
            print(
                f"| {method} | {spread(values)} | | | {len(values)} | | |", flush=True
            )


def shown(row: dict) -> dict:
    """Return a row, after a line of progress on stderr."""
    line = f"test {row['test']:.2%}, {row['seconds']:.1f} s"
    print(line, file=sys.stderr, flush=True)
    return row


def with_seed(recipe: Recipe, seed: int) -> Recipe:
    """Return the recipe with another seed."""
    return recipe.model_copy(update={"seed": seed})


def with_split(recipe: Recipe, seed: int, validation: int, test: int) -> Recipe:
    """Return the recipe with a random split of 20 training nodes a class."""
    count = len(dataset_of(recipe).graph.nodes)
    options = {**recipe.data.options, "split": "random"}
    shares = {"seed": seed, "test": test / count}
    shares["validation"] = validation / (count - test)
    split = recipe.data.split.model_copy(update=shares)
    data = {"options": options, "split": split, "limit": PER_CLASS}
    return recipe.model_copy(
        update={"seed": seed, "data": recipe.data.model_copy(update=data)}
    )


def dataset_of(recipe: Recipe):
    """Return the graph of a recipe."""
    from tfapp.data import load_dataset

    return load_dataset(recipe.data, seed=recipe.seed)


def measure(recipe: Recipe, simple: bool = False) -> dict:
    """Train once; return accuracies, epochs, seconds and simple methods."""
    import keras

    from tfapp.tasks import get_task
    from tfapp.tasks.build import build_model
    from tfapp.training.job import TrainingJob
    from tfapp.training.loop.training_loop import TrainingLoop
    from tfapp.training.trainer import Trainer

    dataset = dataset_of(recipe)
    began = time.monotonic()
    keras.utils.set_random_seed(recipe.seed)
    model = build_model(recipe.model, dataset.info)
    task = get_task(recipe.task, recipe.task_options)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        loop = TrainingLoop(
            place, Reporter(quiet=True), patience=recipe.training.patience
        )
        job = TrainingJob(model, dataset, task, recipe, loop, place)
        trainer = Trainer(job)
        trainer.train()
        right = {
            split: share_right(trainer.logits(split), dataset, split)
            for split in ("validation", "test")
        }
    found = {**right, "epochs": len(loop.phases[0].epochs)}
    found["seconds"] = time.monotonic() - began
    return found | {"simple": simple_methods(dataset) if simple else {}}


def share_right(logits, dataset, split: str) -> float:
    """Return the share of right answers."""
    answers = np.stack(list(logits)).argmax(axis=1)
    return float((answers == dataset.targets(dataset.examples[split])).mean())


def simple_methods(dataset) -> dict[str, float]:
    """Return the test accuracy of each simple method."""
    from tfapp.domains.graphs.node_classification.baselines import simple_answers

    truth = dataset.targets(dataset.examples["test"])
    return {a.name: float((a.classes == truth).mean()) for a in simple_answers(dataset)}


def baselines(recipe: Recipe) -> dict:
    """Return the simple methods on a recipe's own split."""
    return {"simple": simple_methods(dataset_of(recipe))}


def collected(rows: list[dict]) -> dict[str, list[float]]:
    """Return the accuracies of each simple method."""
    values = defaultdict(list)
    for row in rows:
        for name, value in row["simple"].items():
            values[name].append(value)
    return values


def spread(values: list[float]) -> str:
    """Write a mean with its standard deviation."""
    if len(values) == 1:
        return f"{values[0]:.2%}"
    return f"{np.mean(values):.2%} ± {np.std(values, ddof=1):.2%}"


def line(name: str, rows: list[dict]) -> str:
    """Return the row of a recipe."""
    test = [row["test"] for row in rows]
    cells = [
        name,
        spread(test),
        spread([row["validation"] for row in rows]),
        f"{min(test):.1%} to {max(test):.1%}",
        str(len(rows)),
        f"{np.mean([row['epochs'] for row in rows]):.0f}",
        f"{np.mean([row['seconds'] for row in rows]):.1f} s",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
