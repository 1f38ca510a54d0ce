"""What it costs to watch a training: the same one unwatched, with figures, with all.

Each training is a process of its own and only trains: nothing is evaluated or exported.
"measured" is the share of the time that the writer counts itself; "by the processor"
the difference to the processor time of the unwatched trainings, which other work on
the machine changes less than it changes the clock.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from tfapp import recipes, runs
from tfapp.base.reporter import Reporter

LEVELS = ("off", "figures", "all")


def main() -> None:
    """Train and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--level", choices=LEVELS, help="train once, in this process")
    arguments = parser.parse_args()
    if arguments.level:
        name = arguments.recipes[0]
        print(json.dumps(trained(name, arguments.level, arguments.overrides)))
        return
    print(
        "| training | watched | seconds | measured | processor seconds "
        "| by the processor | views | MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.recipes:
        for row in compared(name, arguments.rounds, arguments.overrides):
            print(row, flush=True)


def compared(name: str, rounds: int, overrides: list[str]) -> list[str]:
    """Return the rows of a recipe; the levels take turns."""
    found: dict[str, list[dict[str, float]]] = {level: [] for level in LEVELS}
    for _ in range(rounds):
        for level in LEVELS:
            command = [sys.executable, __file__, name, "--level", level]
            command += [part for text in overrides for part in ("--set", text)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                sys.exit(done.returncode)
            found[level].append(json.loads(done.stdout.splitlines()[-1]))
    base = median(row["processor"] for row in found["off"])
    lines = []
    for level, rows in found.items():
        seconds = median(row["seconds"] for row in rows)
        own = median(row["watching"] / row["seconds"] for row in rows)
        processor = median(row["processor"] for row in rows)
        lines.append(
            f"| {name} | {level} | {seconds:.1f} | {own:.1%} | "
            f"{processor:.1f} | {processor / base - 1:+.1%} | "
            f"{rows[-1]['views']:.0f} | "
            f"{rows[-1]['bytes'] / 1e6:.2f} |"
        )
    return lines


def trained(name: str, level: str, overrides: list[str]) -> dict[str, float]:
    """Train once and return seconds, those of watching, views and bytes."""
    from tfapp.runs.session import rehearse
    from tfapp.training.loop.training_loop import TrainingLoop

    processor, run_phase = 0.0, TrainingLoop.run

    def timed(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal processor
        began = time.process_time()
        history = run_phase(self, *arguments, **options)
        processor += time.process_time() - began
        return history

    recipe = recipes.load_recipe(name, [*overrides, f'runtime.watch="{level}"'])
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(TrainingLoop, "run", timed),
    ):
        run = runs.create(Path(folder), recipe.name)
        loop = rehearse(
            recipe,
            run,
            Reporter(quiet=True),
            began=time.monotonic(),
            resumed=False,
            watch=lambda loop, history: False,
        )
        files = [p for p in (run.folder / "logs").rglob("*") if p.is_file()]
        return {
            "seconds": sum(phase.seconds for phase in loop.phases),
            "processor": processor,
            "watching": sum(phase.watching_seconds for phase in loop.phases),
            "views": float(views_in(files)),
            "bytes": float(sum(p.stat().st_size for p in files)),
        }


def views_in(files: list[Path]) -> int:
    """Return the number of views that were drawn."""
    from tensorboard.compat.proto.event_pb2 import Event

    from tfapp.runs.watching.events import records

    events = [
        Event.FromString(data)
        for path in files
        if path.parent.name == "examples" and "tfevents" in path.name
        for data, _ in records(path)
    ]
    return sum(len(event.summary.value) for event in events)


if __name__ == "__main__":
    main()
