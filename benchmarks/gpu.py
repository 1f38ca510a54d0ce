r"""Figures of one GPU: training and inference speed, CapsNet's error, largest batches.

    KERAS_BACKEND=jax python benchmarks/gpu.py --mnist mnist.npz --out gpu.json
    python benchmarks/gpu.py --table gpu.json

Keras runs on JAX; TensorFlow is not needed. Batches are NumPy arrays that lie on the
device before the clock starts. Every section is a process of its own, has a share of
`--minutes`, and writes each figure at once; a failure is a line of the JSON file, and
the rest goes on. What no longer fits is recorded as "skipped: out of time".

- `others`: CapsNet, matrix capsules, U-Net, and an LSTM of 512 units;
- `pytorch`: the same convolutional networks and the LSTM in PyTorch;
- `capsnet`: the full CapsNet of 2017 on MNIST, as many epochs as fit;
- `networks`: VGG16, MobileNetV2 and InceptionV3: inference, and training of the head,
  of the last block and of all layers, in three precisions;
- `largest`: batches that are doubled until the memory is full.

`--tiny` tries every section on a CPU in seconds; its figures mean nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

from gpu_parts.book import Book, Clock
from gpu_parts.table import table

SHARES = {"others": 80, "pytorch": 60, "capsnet": 115, "networks": 175, "largest": 50}
"""Sections in their order, and seconds of eight minutes; unused ones go to the rest."""
GRACE = 15.0
"""Seconds after its deadline at which a section is stopped from outside."""
NETWORKS = ("VGG16", "MobileNetV2", "InceptionV3")
PRECISIONS = ("mixed_bfloat16", "float32", "mixed_float16")


def main() -> None:
    """Measure the chosen sections, or print the table of a JSON file."""
    arguments = parser().parse_args()
    if arguments.table:
        print(table(json.loads(arguments.table.read_text(encoding="utf-8"))))
    elif arguments.until:
        measure(arguments)
    else:
        run(arguments)


def parser() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=8.0, help="of all sections")
    options.add_argument("--sections", nargs="+", default=[*SHARES], choices=SHARES)
    options.add_argument("--networks", nargs="+", default=NETWORKS, choices=NETWORKS)
    options.add_argument(
        "--precisions", nargs="+", default=PRECISIONS, choices=PRECISIONS
    )
    options.add_argument("--mnist", type=Path, help="mnist.npz of Keras, for CapsNet")
    options.add_argument("--out", type=Path, default=Path("gpu.json"))
    options.add_argument("--tiny", action="store_true", help="small networks, on a CPU")
    options.add_argument("--table", type=Path, help="print this file as Markdown")
    options.add_argument("--until", type=float, help=argparse.SUPPRESS)
    return options


def run(arguments: argparse.Namespace) -> None:
    """Start a process for every section, and join what they wrote in one file."""
    figures = {"command": sys.argv, "tiny": arguments.tiny, "sections": {}}
    end = time.time() + 60 * arguments.minutes
    for number, section in enumerate(arguments.sections):
        left = sum(SHARES[name] for name in arguments.sections[number:])
        start = time.time()
        share = max(0.0, end - start) * SHARES[section] / left
        print(f"{section}: {share:.0f} s", flush=True)
        found = in_own_process(section, arguments, start + share)
        figures["card"] = found.pop("card", None) or figures.get("card")
        figures["sections"][section] = {**found, "seconds": time.time() - start}
        arguments.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(table(figures))


def in_own_process(section: str, arguments: argparse.Namespace, until: float) -> dict:
    """Return what a section wrote until it ended, failed or was stopped."""
    part = arguments.out.with_suffix(f".{section}.json")
    part.unlink(missing_ok=True)
    command = [sys.executable, __file__, "--sections", section, "--until", str(until)]
    command += ["--out", str(part), "--networks", *arguments.networks]
    command += ["--precisions", *arguments.precisions]
    command += ["--tiny"] if arguments.tiny else []
    command += ["--mnist", str(arguments.mnist)] if arguments.mnist else []
    environment = {
        "KERAS_BACKEND": "jax",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        # JAX reserves the memory at its start; each section is alone on the card.
        "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.92",
        **os.environ,
    }
    limit = until - time.time() + GRACE
    failure = None
    try:
        code = subprocess.run(command, env=environment, timeout=limit).returncode
        failure = f"ended with code {code}" if code else None
    except subprocess.TimeoutExpired:
        failure = f"stopped after {limit:.0f} s"
    found = json.loads(part.read_text(encoding="utf-8")) if part.exists() else {}
    part.unlink(missing_ok=True)
    return found | ({"failure": failure} if failure else {})


def measure(arguments: argparse.Namespace) -> None:
    """Measure one section in this process."""
    (section,) = arguments.sections
    book = Book(arguments.out, Clock(arguments.until))
    with book.guarded(name=section):
        import_module(f"gpu_parts.{section}").measure(book, arguments)


if __name__ == "__main__":
    main()
