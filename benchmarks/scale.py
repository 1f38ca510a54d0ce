"""What many examples, many classes and many models cost, without a network.

    python benchmarks/scale.py --examples 10000 100000 1000000
    python benchmarks/scale.py --classes 100 1000 3000
    python benchmarks/scale.py --runs 10 100

`--examples` divides made-up examples, records the split, reads it back and writes a
score of each; `--classes` judges the logits of a validation and a test of five examples
a class, and draws the report's sections; `--runs` lists runs. Every size is a process
of its own; seconds are those of the processor. Behind the table are the exponents
between the two largest sizes: 1 is proportional. The files themselves are
measured by `benchmarks/input.py --files`.
"""

import argparse
import hashlib
import json
import math
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

CLASSES = 10
TESTED = 5
"""Test examples of a class."""
KINDS = ("examples", "classes", "runs")


def main() -> None:
    """Print a table for every kind that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, nargs="*", default=[])
    parser.add_argument("--one", nargs=2, help="kind and size, in this process")
    arguments = parser.parse_args()
    if arguments.one:
        kind, size = arguments.one
        print(json.dumps(measured(kind, int(size))))
        return
    for kind in KINDS:
        rows = [in_process(kind, size) for size in getattr(arguments, kind)]
        if rows:
            print_table(kind, getattr(arguments, kind), rows)


def in_process(kind: str, size: int) -> dict[str, float]:
    """Return the figures of one size."""
    command = [sys.executable, __file__, "--one", kind, str(size)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def print_table(kind: str, sizes: list[int], rows: list[dict[str, float]]) -> None:
    """Print the rows and the exponents of the last two."""
    print(f"\n| {kind} | {' | '.join(rows[0])} |\n{'|---' * (len(rows[0]) + 1)}|")
    for size, row in zip(sizes, rows, strict=True):
        print(f"| {size:,} | {' | '.join(f'{v:.3g}' for v in row.values())} |")
    if len(rows) > 1:
        grown = math.log(sizes[-1] / sizes[-2])
        exponents = [
            math.log(max(rows[-1][n], 1e-9) / max(rows[-2][n], 1e-9)) / grown
            for n in rows[0]
        ]
        print(f"| exponent | {' | '.join(f'{e:.2f}' for e in exponents)} |")


def measured(kind: str, size: int) -> dict[str, float]:
    """Return seconds, megabytes of files, and megabytes of memory beyond the start."""
    make = {"examples": examples, "classes": classes, "runs": runs}[kind]
    with tempfile.TemporaryDirectory() as place:
        return make(size, Path(place))


def seconds_of(work: Callable[[], object]) -> float:
    """Return the seconds of the processor that something takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def peak_megabytes() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def examples(count: int, place: Path) -> dict[str, float]:
    """Measure what happens to the list of all examples."""
    from tfapp.data.listing import Source
    from tfapp.data.spec import Example
    from tfapp.data.split.making import make_split
    from tfapp.data.split.record import apply_split, write_split
    from tfapp.recipes.config import SplitConfig
    from tfapp.report.blocks import Table
    from tfapp.tasks.scores import write_scores

    start, shares = peak_megabytes(), SplitConfig(validation=0.1, test=0.1)
    labels = tuple(f"class{number}" for number in range(CLASSES))
    made = tuple(
        Example(
            f"photos/{labels[i % CLASSES]}/{i:07d}.jpg",
            stratum=labels[i % CLASSES],
            target=labels[i % CLASSES],
            content_hash=hashlib.sha256(str(i).encode()).hexdigest(),
        )
        for i in range(count)
    )
    source, path = Source("photos", None, made, labels), place / "split.json"
    found: dict[str, float] = {}
    divided: list[tuple[Example, ...]] = []
    found["divide s"] = seconds_of(lambda: divided.append(make_split(made, shares)))
    found["record s"] = seconds_of(
        lambda: write_split(path, divided[0], source, shares)
    )
    found["read back s"] = seconds_of(lambda: apply_split(path, made, source))
    found["split.json MB"] = path.stat().st_size / 1e6
    rows = tuple((e.content_hash, e.name, "1", e.target, e.target) for e in made)
    table = Table(("key", "name", "score", "true", "predicted"), rows, "Scores")
    scores = place / "scores.csv"
    found["scores s"] = seconds_of(lambda: write_scores(scores, table))
    found["scores.csv MB"] = scores.stat().st_size / 1e6
    return {**found, "memory MB": peak_megabytes() - start}


def classes(count: int, place: Path) -> dict[str, float]:
    """Measure what is done with the logits of a test, up to a report's sections."""
    from tfapp.data.spec import DataInfo, Example, InputSpec
    from tfapp.problems.classification.results import (
        accuracy_metric,
        evaluate_classifier,
    )
    from tfapp.problems.classification.sections import classification_sections

    start, labels = peak_megabytes(), np.arange(TESTED * count) % count
    names = tuple(f"class{number}" for number in range(count))
    made = tuple(
        Example(f"{number}.jpg", stratum=names[label], target=names[label])
        for number, label in enumerate(labels)
    )
    dataset: Any = SimpleNamespace(
        examples={"validation": made, "test": made},
        targets=lambda examples: labels,
        info=DataInfo({"image": InputSpec((8, 8, 3))}, (), count, names),
    )

    def answers(split: str) -> np.ndarray:
        random = np.random.default_rng(len(split))
        logits = random.standard_normal((len(labels), count), np.float32)
        logits[np.arange(len(labels)), labels] += 4
        return logits

    found: dict[str, float] = {}
    judged: list[Any] = []
    metric = accuracy_metric("photos")
    found["figures s"] = seconds_of(
        lambda: judged.append(evaluate_classifier(metric, answers, dataset, None))
    )
    found["report s"] = seconds_of(lambda: classification_sections(judged[0]))
    path = place / "metrics.json"
    figures = judged[0].figures
    found["write s"] = seconds_of(lambda: path.write_text(json.dumps(figures)))
    found["metrics.json MB"] = path.stat().st_size / 1e6
    found["table MB"] = len(labels) * count * 4 / 1e6
    return {**found, "memory MB": peak_megabytes() - start}


def runs(count: int, place: Path) -> dict[str, float]:
    """Measure `tfapp runs` over runs as they lie in a folder."""
    from tfapp import recipes
    from tfapp.base.storage.checksums import write_sealed_json
    from tfapp.runs import create, record_start
    from tfapp.verbs.runs.listing import list_runs

    text = recipes.to_toml(recipes.load_recipe("digits"))
    metrics = {"primary": "accuracy", "accuracy": 0.9, "run": {"total_seconds": 1.0}}
    for number in range(count):
        run = create(place / "runs", f"model{number}")
        record_start(run, text, {"id": str(number)})
        write_sealed_json(run.folder / "metrics.json", metrics)
        run.set_status("complete")
    start = peak_megabytes()
    listed = seconds_of(lambda: list_runs(runs_folder=place / "runs"))
    shutil.rmtree(place / "runs")
    return {"list s": listed, "memory MB": max(peak_megabytes() - start, 0.1)}


if __name__ == "__main__":
    main()
