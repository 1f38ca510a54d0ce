r"""Flip one bit in each file of a run and of its export, and see what comes of it.

    python benchmarks/flip.py digits --set data.limit=2000 --set training.epochs=3
    python benchmarks/flip.py digits --states --set training.epochs=20

Every file in turn is damaged in a copy, at a place that a seed draws. The copy is then
used: `predict` and `evaluate` of the run, `predict` and `serve` of the export. With
--states a run is killed during training, one file of its state is damaged, and the run
is resumed. What a user gets must be what the intact files give, or an error in one line
that names the trouble; a traceback and another answer are failures.
"""

import argparse
import collections
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from kill import Attempt, weights_digest
from PIL import Image

import tfapp
from tfapp.base.errors import TfappError
from tfapp.base.reporter import Reporter

HARMLESS, NAMED = "harmless", "named"
QUIET = Reporter(quiet=True)
TRIES = 20
"""Kills until one comes during training."""


def main() -> None:
    """Run the benchmark and print one line for each file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--states", action="store_true", help="of a killed run")
    parser.add_argument("--most", type=int, default=10**6, help="files to damage")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    overrides = ["runtime.deterministic=true", "runtime.checkpoint_seconds=1"]
    overrides += arguments.overrides
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as scratch:
        way = killed_run if arguments.states else complete_run
        cases = way(Path(scratch), arguments.recipe, overrides)
        draw = random.Random(arguments.seed)
        for number, (name, outcome) in enumerate(cases(draw)):
            counts[outcome.partition(":")[0]] += 1
            print(f"{name:50} {outcome}", flush=True)
            if number + 1 == arguments.most:
                break
    good = counts[HARMLESS] + counts[NAMED]
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
    print(f"{good} of {sum(counts.values())} files are harmless or named: {words}")
    sys.exit(good != sum(counts.values()))


Cases = Callable[[random.Random], Iterator[tuple[str, str]]]


def complete_run(scratch: Path, recipe: str, overrides: list[str]) -> Cases:
    """Make a run; return what damages each of its files and uses them in-process."""
    attempt = Attempt(scratch / "whole", recipe, overrides)
    attempt.finish()
    pictures = write_pictures(scratch / "pictures")
    expected = {name: use() for name, use in uses(attempt.folder, pictures).items()}

    def cases(draw: random.Random) -> Iterator[tuple[str, str]]:
        for file in damageable(attempt.folder, "runs", "saved_models"):
            copy = scratch / "copy"
            shutil.copytree(attempt.folder, copy)
            flip(copy / file, draw)
            outcomes = [
                judged(use, expected[name], name)
                for name, use in uses(copy, pictures).items()
            ]
            wrong = [o for o in outcomes if not o.startswith((HARMLESS, NAMED))]
            named = [o for o in outcomes if o.startswith(NAMED)]
            yield file, (wrong or named or [HARMLESS])[0]
            shutil.rmtree(copy)

    return cases


def uses(folder: Path, pictures: Path) -> dict[str, Callable[[], Any]]:
    """Return what is done with a run and its export, by name."""
    (run,) = (folder / "runs").glob("*/*/")
    (export,) = (folder / "saved_models").glob("*/*/")
    files = sorted(map(str, pictures.iterdir()))

    def answers(model: Path) -> list[str]:
        rows = tfapp.predict(str(model), files, reporter=QUIET).rows
        return [f"{row.text} {row.columns} {row.error}" for row in rows]

    def evaluated() -> str:
        return json.dumps(tfapp.evaluate(str(run), reporter=QUIET).figures)

    def served() -> list[str]:
        from tfapp.serving.models.loader import SavedModel
        from tfapp.serving.models.warmup import warm_up

        model = SavedModel(export)
        try:
            warm_up(model)
            (name,) = model.signature("serving_default").inputs
            data = np.array([Path(f).read_bytes() for f in files], dtype=object)
            outputs = model.run("serving_default", {name: data})
            return [str(value.tolist()) for value in outputs.values()]
        finally:
            model.close()

    return {
        "predict by the run": lambda: answers(run),
        "predict by the export": lambda: answers(export),
        "serve": served,
        "evaluate": lambda: json.dumps(
            tfapp.evaluate(str(run), reporter=QUIET).figures
        ),
    }


def judged(use: Callable[[], Any], expected: Any, name: str) -> str:
    """Return what comes of a use: harmless, named, or what is wrong."""
    try:
        answer = use()
    except TfappError as error:
        lines = str(error).count("\n")
        return f"{NAMED}: {error}" if not lines else f"{lines} lines by {name}: {error}"
    except BaseException as error:
        return f"traceback by {name}: {error!r:.200}"
    return HARMLESS if answer == expected else f"another answer by {name}"


def killed_run(scratch: Path, recipe: str, overrides: list[str]) -> Cases:
    """Kill a run during training; return what damages its state and resumes it."""
    whole = Attempt(scratch / "whole", recipe, overrides)
    seconds = whole.finish()
    for number in range(TRIES):
        killed = Attempt(scratch / f"killed{number}", recipe, overrides)
        share = 0.5 + 0.5 * number / TRIES
        if killed.kill_after(share * seconds).startswith("phase"):
            break
    else:
        sys.exit("no kill came during training: let it take longer")

    def cases(draw: random.Random) -> Iterator[tuple[str, str]]:
        for file in damageable(killed.folder, "runs"):
            copy = scratch / "copy"
            shutil.copytree(killed.folder, copy)
            flip(copy / file, draw)
            yield file, resumed(copy, whole)
            shutil.rmtree(copy)

    return cases


def resumed(folder: Path, whole: Attempt) -> str:
    """Resume a run; return what comes of it."""
    (run,) = (folder / "runs").glob("*/*/")
    command = [sys.executable, "-m", "tfapp", "run", str(run), "--resume", "--quiet"]
    command += ["--runs", str(folder / "runs")]
    command += ["--saved-models", str(folder / "saved_models")]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if "Traceback" in done.stderr:
        return f"traceback: {done.stderr.strip().splitlines()[-1]:.200}"
    if done.returncode:
        return f"{NAMED}: {(done.stderr.strip().splitlines() or [''])[-1]:.200}"
    (model,) = (folder / "runs").glob("*/*/model.keras")
    (expected,) = (whole.folder / "runs").glob("*/*/model.keras")
    is_equal = weights_digest(model) == weights_digest(expected)
    return HARMLESS if is_equal else "another answer"


def damageable(folder: Path, *parts: str) -> list[str]:
    """Return the files of a folder that hold a bit to flip."""
    paths = [path for part in parts for path in (folder / part).rglob("*")]
    files = [path for path in paths if path.is_file() and path.stat().st_size]
    return sorted(path.relative_to(folder).as_posix() for path in files)


def flip(path: Path, draw: random.Random) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.unlink()  # a file of a run may be read-only
    path.write_bytes(data)


def write_pictures(folder: Path) -> Path:
    """Write a few pictures of noise."""
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (4, 28, 28), np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


if __name__ == "__main__":
    main()
