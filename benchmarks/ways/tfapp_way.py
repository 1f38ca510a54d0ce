"""The same jobs by tfapp; prints images per second as JSON.

Arguments: folder of photos, network, job, photos, epochs. Speeds are per second, and
per second of the processor.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from keras_names import LAST_BLOCK

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow

MORE = 4
"""Times as many photos where frozen layers are computed once."""


def main() -> None:
    """Measure one job."""
    folder, network, job, photos, epochs = sys.argv[1:]
    table = recipe_table(folder, network, job, int(photos), int(epochs))
    reporter = Reporter(quiet=True)
    began_at = recipes.build(table, where="benchmark")
    start_tensorflow(reporter, began_at.runtime)
    if job == "accuracy":
        print(json.dumps(trained(table, reporter)))
        return
    found: dict[str, Any] = {}
    if job != "head":
        table["fine_tune"]["thaw"]["epochs"] = 3
        table["data"]["split"]["validation"] = 0.01  # nothing is judged
        found |= on_images(table, reporter)
        table["data"]["split"]["validation"] = 0.1
        table["fine_tune"]["thaw"]["epochs"] = int(epochs)
    if job != "all":
        # More photos than for the others: epochs on stored rows are over in no time.
        many = MORE * int(photos)
        table["data"]["limit"] = many // 2
        found |= stored(table, reporter, int(epochs))
    print(json.dumps(found))


def recipe_table(folder: str, network: str, job: str, photos: int, epochs: int) -> dict:
    """Return the recipe of a job."""
    weights = "imagenet" if job == "accuracy" else "none"
    head = {"epochs": epochs, "learning_rate": 1e-3}
    fine_tune: dict[str, dict[str, Any]] = {"head": head}
    if job in ("last_block", "all"):
        first = {"vgg16": "block1_conv1", "mobilenet_v2": "Conv1"}
        layer = LAST_BLOCK[network] if job == "last_block" else first[network]
        head["epochs"] = 1
        fine_tune["thaw"] = {"from_layer": layer, "epochs": 3, "learning_rate": 1e-5}
    split = {"validation": 0.1, "test": 0.02}
    limit = 0 if job == "accuracy" else photos // 2
    return {
        "name": "benchmark",
        "data": {"path": folder, "split": split, "limit": limit},
        "task": "image_classification",
        "model": {
            "name": "transfer",
            "options": {"extractor": network, "weights": weights},
        },
        "fine_tune": fine_tune,
    }


def on_images(table: dict, reporter: Reporter) -> dict:
    """Return the speed of thawed training when every epoch computes all layers.

    Nothing is judged behind an epoch, as the tutorial's way does not either.
    """
    from tfapp.training.loop.epochs import Epochs
    from tfapp.training.transfer import fine_tuning

    with (
        patch.object(fine_tuning, "cut", lambda model: None),
        patch.object(Epochs, "score", lambda workload: None),
    ):
        job = train(table, reporter)
    photos = len(job.dataset.examples["train"])
    return {
        "tfapp": [photos / min(times) for times in zip(*job.epochs[1:], strict=True)],
        "precision": job.recipe.runtime.precision,
    }


def stored(table: dict, reporter: Reporter, epochs: int) -> dict:
    """Return the speed over all epochs when frozen layers are computed once.

    It counts from the first photo to the end of the training, validation included; for
    a second seed, with another split, the features of the first are there.
    """
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as rows:
        for seed, name in enumerate(("tfapp_once", "tfapp_second")):
            job = train(table | {"seed": seed}, reporter, Path(rows))
            seen = len(job.dataset.examples["train"]) * epochs
            found[name] = [seen / spent for spent in job.spent]
    return found | {"precision": job.recipe.runtime.precision}


def trained(table: dict, reporter: Reporter) -> dict:
    """Return the seconds from photos to a trained head, and its accuracy."""
    began = time.monotonic()
    job = train(table, reporter)
    seconds = time.monotonic() - began
    accuracy = max(row["val_accuracy"] for row in job.loop.phases[-1].epochs)
    return {"accuracy": accuracy, "seconds": seconds, "stages": reporter.seconds}


def train(table: dict, reporter: Reporter, rows: Path | None = None) -> Any:
    """Train a recipe as `tfapp run` does.

    Features are kept in `rows`; None for a folder of its own.
    """
    from tfapp.data import load_dataset
    from tfapp.runs.precision_choice import choose, resolved
    from tfapp.tasks import get_task
    from tfapp.tasks.build import build_model
    from tfapp.training import devices
    from tfapp.training.job import TrainingJob
    from tfapp.training.loop.training_loop import TrainingLoop
    from tfapp.training.trainer import Trainer

    reporter.seconds.clear()
    recipe = recipes.build(table, where="benchmark")
    task = get_task(recipe.task, recipe.task_options)
    strategy = devices.make_strategy(recipe.runtime)
    with tempfile.TemporaryDirectory() as scratch, reporter.stage("whole"):
        dataset = load_dataset(recipe.data, seed=recipe.seed)

        def build() -> Any:
            return build_model(recipe.model, dataset.info)

        # Chosen for all photos: the few of a timed epoch are not worth a measurement.
        full = recipe.data.model_copy(update={"limit": 0})
        every = load_dataset(full, seed=0)
        choice = choose(recipe, every, task, strategy, build, reporter, {})
        recipe = resolved(recipe, choice)
        # One seed for all: the weights are random, and stand for pretrained ones.
        with devices.numerics(recipe.runtime, 0, choice.policy):
            place = Path(scratch)
            loop = TrainingLoop(place / "run", reporter)
            stored = rows or place / "rows"
            job = TrainingJob(build(), dataset, task, recipe, loop, stored)
            epochs: list[Any] = []
            clock = Clock()

            def lap(history: Any) -> bool:
                epochs.append(clock.lap())
                return False  # goes on

            loop.watch = lap
            whole = Clock()
            Trainer(job).train()
            found = SimpleNamespace(loop=loop, dataset=dataset, recipe=recipe)
            found.spent, found.epochs = whole.lap(), epochs
    return found


class Clock:
    """Seconds, and seconds of the processor, since the last look."""

    def __init__(self) -> None:
        self.lap()

    def lap(self) -> tuple[float, float]:
        """Return both, and begin anew."""
        now = time.monotonic(), time.process_time()
        before, self.before = getattr(self, "before", now), now
        return now[0] - before[0], now[1] - before[1]


if __name__ == "__main__":
    main()
