"""Kill a search and its trials at random moments; compare it with an undisturbed one.

Both searches are of a small recipe on embedded digits that is deterministic, so every
trial and every score has to be equal, none may end twice, and work within a trial has
to go on where it was:

    python benchmarks/tuning_kill.py --kills 20
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECIPE = """
task = "image_classification"
[data]
path = "digits"
limit = 20
options = { image_size = [8, 8], channels = 1 }
[model]
name = "small_cnn"
options = { filters = [8], padding = "same", units = 16 }
[training]
epochs = 12
learning_rate = 2e-3
[runtime]
deterministic = true
precision = "float32"
compile = "off"
checkpoint_seconds = 0
[tuning]
tuner = "bayesian"
trials = TRIALS
[tuning.space]
training.learning_rate = { min = 1e-4, max = 1e-1, log = true }
training.optimizer = ["adamw", "sgd"]
"""


def main() -> None:
    """Run the comparison and print one line per kill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=45.0, help="seconds alive")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        recipe = folder / "tiny.toml"
        recipe.write_text(RECIPE.replace("TRIALS", str(arguments.trials)))
        began = time.monotonic()
        start(recipe, folder / "whole").wait()
        seconds = time.monotonic() - began
        whole = outline(folder / "whole")
        print(f"undisturbed: {len(whole)} trials in {seconds:.0f} s")
        killed = folder / "killed"
        kills = kill_often(recipe, killed, arguments)
        start(recipe, killed).wait()
        equal = outline(killed) == whole
        state = json.loads((killed / "tiny_tune" / "search.json").read_text())
        ends = state["oracle"]["end_order"]
        once = len(ends) == len(set(ends)) == len(whole)
    print(f"{kills} kills: trials and scores {'equal' if equal else 'DIFFERENT'}")
    print(f"every trial ended {'once' if once else 'MORE OR LESS THAN ONCE'}")
    sys.exit(not (equal and once))


def kill_often(recipe: Path, folder: Path, arguments: argparse.Namespace) -> int:
    """Start the search again and again and kill it; return how often."""
    moments = random.Random(arguments.seed)
    for number in range(1, arguments.kills + 1):
        alive = moments.uniform(1.0, arguments.longest)
        process = start(recipe, folder)
        try:
            process.wait(alive)
            print(f"{number:3d}  the search had ended")
            return number - 1
        except subprocess.TimeoutExpired:
            # The parent alone every other time: its trials must end by themselves.
            children = trials_of(process.pid)
            process.send_signal(signal.SIGKILL)
            process.wait()
            for child in children if number % 2 else ():
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            done = len(outline(folder))
            print(f"{number:3d}  killed after {alive:5.1f} s, {done} trials begun")
    return arguments.kills


def start(recipe: Path, folder: Path) -> "subprocess.Popen[bytes]":
    """Start the search, or go on with it."""
    command = [sys.executable, "-m", "tfapp", "tune", str(recipe), "--quiet"]
    command += ["--runs", str(folder)]
    environment = {**os.environ, "TFAPP_CACHE": str(folder / "cache")}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )


def trials_of(pid: int) -> list[int]:
    """Return the processes that a search has started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    threads = Path(f"/proc/{pid}/task").glob("*/children") if path.exists() else ()
    return [int(child) for file in threads for child in file.read_text().split()]


def outline(folder: Path) -> list[list[object]]:
    """Return settings, status and score of each trial."""
    path = folder / "tiny_tune" / "search.json"
    if not path.is_file():
        return []
    trials = json.loads(path.read_text())["trials"]
    return [
        [t["trial_id"], t["hyperparameters"]["values"], t["status"], t["score"]]
        for t in trials
    ]


if __name__ == "__main__":
    main()
