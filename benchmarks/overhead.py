r"""What a run costs besides the arithmetic of its steps.

    python benchmarks/overhead.py --recipes digits cats_dogs_features --rounds 1
    python benchmarks/overhead.py --steps --rounds 3

`--recipes` runs each with an empty cache in a process of its own, and prints the
seconds of every stage, those that no stage reports, and those of the processor.

`--steps` compares one step of the digits' network, as tfapp takes it, with the bare
loop: one graph of the model's own `train_step`, called for each batch of a tf.data
pipeline over arrays. All in milliseconds of the processor, of the median epoch; tfapp
with all that a run does (augmentation, validation, the best weights, states to resume
from, TensorBoard), and without what a recipe can leave out.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.machine.processor import processor_name

EPOCHS = 12
FIRST = 3
"""Epochs in which graphs are built."""
PLAIN = ("data.augmentation={}", "runtime.watch=off", "runtime.checkpoint_seconds=600")
WAYS: dict[str, tuple[str, ...]] = {
    "tfapp, as its recipe says": (),
    "tfapp, bare": PLAIN,
}


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", nargs="*", default=[])
    parser.add_argument("--steps", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    arguments = parser.parse_args()
    print(processor_name())
    for recipe in arguments.recipes:
        stages(recipe, arguments.settings, arguments.rounds)
    if arguments.steps:
        steps(arguments)


def stages(recipe: str, settings: list[str], rounds: int) -> None:
    """Print the median seconds of every stage of a recipe's runs."""
    found = [seconds_of_run(recipe, settings) for _ in range(rounds)]
    print(f"\n| {recipe} | seconds |\n|---|---|")
    for name in found[0]:
        print(f"| {name} | {median(row.get(name, 0.0) for row in found):.1f} |")


def seconds_of_run(recipe: str, settings: list[str]) -> dict[str, float]:
    """Return the seconds of a run by stage, and what no stage reports."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "tfapp", "run", recipe, "--quiet"]
        for setting in settings:
            command += ["--set", setting]
        began = time.monotonic()
        environment = os.environ | {"TFAPP_CACHE": f"{place}/cache"}
        subprocess.run(command, cwd=place, env=environment, check=True)
        whole = time.monotonic() - began
        (metrics,) = Path(place, "runs").rglob("metrics.json")
        facts = json.loads(metrics.read_text())["run"]
        seconds = dict(facts["seconds"])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds["not reported"] = whole - sum(seconds.values())
    seconds["whole"] = whole
    seconds["whole, of the processor"] = (
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    )
    return seconds


def steps(arguments: argparse.Namespace) -> None:
    """Print the milliseconds of a step in every way, the ways in turns."""
    ways: dict[str, Callable[[], float]] = {
        name: partial(tfapp_step, [*own, *arguments.settings], arguments.epochs)
        for name, own in WAYS.items()
    }
    ways = {"bare loop": lambda: bare_step(arguments), **ways}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            taken[name].append(way())
    bare = median(taken["bare loop"])
    print("\n| a step of the digits' network | ms | ratio |\n|---|---|---|")
    for name, times in taken.items():
        print(f"| {name} | {1000 * median(times):.2f} | {median(times) / bare:.2f} |")


def tfapp_step(settings: list[str], epochs: int) -> float:
    """Return the seconds of the processor that a step takes in a run's training."""
    with prepared(settings, epochs) as (experiment, context):
        laps = [time.process_time()]

        def lap(history: Any) -> bool:
            laps.append(time.process_time())
            return False  # goes on

        context.loop.watch = lap
        experiment.train(context)
        return per_step(laps, experiment.trainer.job.passes().steps)


def bare_step(arguments: argparse.Namespace) -> float:
    """Return the seconds of the processor that a step takes in one graph."""
    import tensorflow as tf

    from tfapp.data.spec import Pass

    with prepared([*PLAIN, *arguments.settings], arguments.epochs) as (experiment, _):
        job = experiment.trainer.job
        learning = job.task.learning(job.model, job.dataset.info)
        job.model.compile("adam", **learning.compile_arguments())
        batches = job.dataset.batches(job.dataset.examples["train"], Pass())
        images, labels = next(iter(batches.unbatch().batch(10**6)))
        data = tf.data.Dataset.from_tensor_slices((images, labels))
        data = data.shuffle(len(images)).batch(32).prefetch(tf.data.AUTOTUNE)
        step, laps = tf.function(job.model.train_step), [time.process_time()]
        for _ in range(arguments.epochs):
            job.model.reset_metrics()
            for batch in data:
                step(batch)
            laps.append(time.process_time())
        return per_step(laps, len(data))


def prepared(settings: list[str], epochs: int) -> Any:
    """Return the digits' experiment, ready to train."""
    from tfapp.runs.session import prepared

    own = [f"training.epochs={epochs}", "training.patience=0", *settings]
    return prepared(recipes.load_recipe("digits", own), Reporter(quiet=True))


def per_step(laps: list[float], count: int) -> float:
    """Return the time of a step in the median epoch, graphs built."""
    times = [b - a for a, b in zip(laps, laps[1:], strict=False)]
    return median(times[FIRST:] or times) / count


if __name__ == "__main__":
    main()
