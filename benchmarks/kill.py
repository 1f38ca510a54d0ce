r"""Kill runs at random moments, resume them, and compare their weights to the bit.

    python benchmarks/kill.py digits --kills 20
    python benchmarks/kill.py cats_dogs_fine_tune --kills 20 \
        --set data.limit=40 --set fine_tune.thaw.epochs=3

One run is left alone. Then, as often as asked, a run with an empty cache is killed by
SIGKILL at a moment drawn evenly from the time the whole run took, and resumed with
`tfapp run --resume` until it ends. Every resumed run must leave the very weights,
metrics and scores of the run that was left alone, and no file more: neither scratch
folders nor a second version of its export.
"""

import argparse
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def main() -> None:
    """Run the benchmark and print one line per kill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    arguments = parser.parse_args()
    overrides = [
        "runtime.deterministic=true",
        "runtime.checkpoint_seconds=1",
        *arguments.overrides,
    ]
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as scratch:
        wholes = [
            Attempt(Path(scratch) / f"whole{i}", arguments.recipe, overrides)
            for i in range(2)
        ]
        seconds = min(whole.finish() for whole in wholes)  # the first fills caches
        expected = wholes[0].digests()
        files = wholes[0].files() | wholes[1].files()
        if wholes[1].digests() != expected:
            sys.exit("two uninterrupted runs differ: is the recipe deterministic?")
        print(f"uninterrupted: {seconds:.1f} s, weights {expected['weights'][:12]}")
        rows: list[dict[str, Any]] = []
        tries = 0
        while len(rows) < arguments.kills:
            tries += 1
            folder = Path(scratch) / str(tries)
            attempt = Attempt(folder, arguments.recipe, overrides)
            moment = moments.uniform(0.0, seconds)
            where = attempt.kill_after(moment)
            if not where:
                continue  # it was complete already; draw another moment
            attempt.finish()
            equal = attempt.digests() == expected
            extra = sorted(attempt.files() - files)
            rows.append(
                {"moment": moment, "where": where, "equal": equal, "extra": extra}
            )
            said = "equal" if equal else "DIFFERENT"
            said += f", left behind: {', '.join(extra)}" if extra else ""
            print(f"{len(rows):3d}  killed after {moment:6.1f} s in {where}: {said}")
    good = sum(row["equal"] for row in rows)
    clean = sum(not row["extra"] for row in rows)
    print(f"{good} of {len(rows)} equal the uninterrupted run, {clean} leave nothing")
    if arguments.out:
        found = {"recipe": arguments.recipe, "overrides": overrides}
        found |= {"uninterrupted_seconds": seconds, "kills": rows}
        arguments.out.write_text(json.dumps(found, indent=2) + "\n")
    sys.exit(min(good, clean) != len(rows))


class Attempt:
    """A run with a cache of its own, in processes that can be killed.

    Args:
        folder: everything it writes goes below it.
        recipe: name or file.
        overrides: as for `tfapp run --set`.
    """

    def __init__(self, folder: Path, recipe: str, overrides: list[str]) -> None:
        self.folder = folder
        self.recipe = recipe
        self.overrides = overrides
        folder.mkdir(parents=True)

    def kill_after(self, seconds: float) -> str:
        """Start the run and kill it; return what it was about, "" if it was over."""
        process = self._start()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return self._where()

    def finish(self) -> float:
        """Run or resume to the end and return the seconds it took."""
        folder = self._run_folder()
        if folder and _status(folder) == "complete":
            return 0.0
        began = time.monotonic()
        process = self._start()
        _, errors = process.communicate()
        if process.returncode:
            sys.exit(errors.decode(errors="replace"))
        return time.monotonic() - began

    def digests(self) -> dict[str, str]:
        """Return hashes of what the run left: weights, scores, accuracy."""
        folder = self._run_folder()
        if folder is None:
            raise FileNotFoundError(f"no run below {self.folder}")
        metrics = json.loads((folder / "metrics.json").read_text())
        return {
            "weights": weights_digest(folder / "model.keras"),
            "scores": _digest((folder / "scores.csv").read_bytes()),
            "accuracy": str(metrics["accuracy"]),
        }

    def files(self) -> set[str]:
        """Return the names of all files; those of TensorBoard's logs count as one."""
        paths = (path for path in self.folder.rglob("*") if not path.is_dir())
        names = {path.relative_to(self.folder).as_posix() for path in paths}
        # What is drawn while it trains depends on the clock.
        names = {name for name in names if "/examples/" not in name}
        return {re.sub(r"events\.out\.[^/]*$", "events", name) for name in names}

    def _start(self) -> subprocess.Popen:
        command = [sys.executable, "-m", "tfapp", "run", self.recipe, "--quiet"]
        command += ["--runs", str(self.folder / "runs")]
        command += ["--saved-models", str(self.folder / "saved_models")]
        folder = self._run_folder()
        if folder and (folder / "recipe.toml").exists():
            command[4] = str(folder)
            command.append("--resume")
        else:
            command += [part for o in self.overrides for part in ("--set", o)]
        environment = os.environ | {"TFAPP_CACHE": str(self.folder / "cache")}
        return subprocess.Popen(
            command,
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def _run_folder(self) -> Path | None:
        found = sorted((self.folder / "runs").glob("*/*/"), key=lambda p: int(p.name))
        return found[-1] if found else None

    def _where(self) -> str:
        """Say how far the killed run had come, by what lies in its folder."""
        folder = self._run_folder()
        if folder is None:
            return "start"
        if _status(folder) == "complete":
            return ""
        checkpoints = folder / "checkpoints"
        done = sorted(p.stem for p in checkpoints.glob("*.json"))
        under_way = [p.name.split(".")[0] for p in checkpoints.glob("*.state.npz")]
        if under_way:
            return f"phase {under_way[0]}"
        return f"what follows {done[-1]}" if done else f"status {_status(folder)}"


def _status(folder: Path) -> str:
    path = folder / "status.json"
    return json.loads(path.read_text())["status"] if path.exists() else "starting"


def weights_digest(path: Path) -> str:
    """Return a hash over all weights of a .keras file, by path."""
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(path) as archive:
            archive.extract("model.weights.h5", scratch)
        with h5py.File(Path(scratch) / "model.weights.h5") as file:

            def add(name: str, node: object) -> None:
                if isinstance(node, h5py.Dataset):
                    digest.update(name.encode() + np.asarray(node).tobytes())

            file.visititems(add)
    return digest.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
