r"""Training speed of tfapp, of Keras in four ways and of PyTorch, photo for photo.

    python benchmarks/training.py "$TFAPP_DATA/cats_dogs/train" --rounds 3
    python benchmarks/training.py "$TFAPP_DATA/cats_dogs/train" --accuracy

Ways that compute all layers in every epoch: `keras` is the tutorial's, which is
image_dataset_from_directory, the frozen extractor inside the model, and fit, in
float32; `keras_bf16` the same with mixed_bfloat16; `torch` PyTorch on the CPU with
bfloat16 autocast and channels_last, fed from memory, if `--torch PYTHON` names an
interpreter that has it; `tfapp` this project, precision chosen by its measurement (made
beforehand; it is kept between runs). Ways that compute frozen layers once for all
`--epochs`, counted from the first photo on: `keras_once` and `keras_bf16_once`, the
lines that a careful user of Keras writes, and `tfapp_once`; `tfapp_second` runs a
second seed, which finds the features of the first. Jobs: `head`, `last_block` (VGG16
from block5_conv1, MobileNetV2 from block_16_expand) and `all`. No way augments.

Every measurement is a process of its own, and the ways take turns. Of the rounds the
median counts. Next to images per second are images per second of the processor, which
other work on the machine changes less; the ratios are to the fastest other way.

`--accuracy` instead trains MobileNetV2's head on all photos: seconds until the
tutorial's way has the validation accuracy that both reach.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tfapp.machine.processor import processor_name

HERE = Path(__file__).parent
JOBS = ("head", "last_block", "all")
MORE = 4
"""Times as many photos where frozen layers are computed once."""
HEADER = (
    "Images per second (per second of the processor)\n\n"
    "| network | job | frozen layers | others | tfapp | x fastest other |\n"
    + "|---" * 6
    + "|"
)
PHOTOS = {"vgg16": 96, "mobilenet_v2": 384}
"""Photos of an epoch; the slowest way takes minutes for them."""


def main() -> None:
    """Measure what is asked for and print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="folder of class folders")
    parser.add_argument("--networks", nargs="+", default=list(PHOTOS))
    parser.add_argument("--jobs", nargs="+", default=JOBS, choices=JOBS)
    parser.add_argument("--ways", nargs="+", help="those alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--count", type=int, help="photos of an epoch")
    parser.add_argument("--torch", default="", help="an interpreter that has PyTorch")
    parser.add_argument("--accuracy", action="store_true")
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    arguments = parser.parse_args()
    if arguments.accuracy:
        found = time_to_accuracy(arguments)
    else:
        found = speeds(arguments)
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=2) + "\n")


def speeds(arguments: argparse.Namespace) -> list[dict]:
    """Return the median speeds of every way, network and job."""
    rows = []
    print(processor_name())
    print(HEADER)
    for network in arguments.networks:
        for job in arguments.jobs:
            taken: dict[str, list[list[float]]] = defaultdict(list)
            precision = ""
            for _ in range(arguments.rounds):
                for way in ways_of(job, arguments):
                    found = measure(way, network, job, arguments)
                    precision = found.pop("precision", precision)
                    for name, pair in found.items():
                        taken[name].append(pair)
            speeds = {
                name: [median(column) for column in zip(*pairs, strict=True)]
                for name, pairs in taken.items()
            }
            rows.append(
                {"network": network, "job": job, "precision": precision, **speeds}
            )
            for text in lines(network, job, precision, speeds):
                print(text, flush=True)
    return rows


def ways_of(job: str, arguments: argparse.Namespace) -> list[str]:
    """Return the ways in which a job is done."""
    ways = ["keras", "keras_bf16", "tfapp"]
    if job != "all":
        ways += ["keras_once", "keras_bf16_once"]
    ways = [*ways, "torch"] if arguments.torch else ways
    return [way for way in ways if way in (arguments.ways or ways)]


def measure(way: str, network: str, job: str, arguments: argparse.Namespace) -> dict:
    """Return name → images per second of one process, and of its processor."""
    python = arguments.torch if way == "torch" else sys.executable
    script = {"torch": "torch_way.py", "tfapp": "tfapp_way.py"}.get(way, "keras_way.py")
    command = [python, str(HERE / "ways" / script), str(arguments.photos)]
    photos = arguments.count or PHOTOS[network]
    photos *= MORE if way.endswith("once") else 1
    command += [network, job, str(photos), str(arguments.epochs)]
    return run([*command, *way.split("_")[1:]])


def run(command: list[str]) -> dict:
    """Run a process that prints JSON in its last line, and return that."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def lines(
    network: str, job: str, precision: str, speeds: dict[str, list[float]]
) -> Iterator[str]:
    """Yield rows of the table: all layers in every epoch, and frozen ones once."""
    kinds = {"every epoch": "tfapp", "once": "tfapp_once"}
    for kind, own in (kinds | {"once, second seed": "tfapp_second"}).items():
        others = {
            name: pair
            for name, pair in speeds.items()
            if name.endswith("_once") == (own != "tfapp")
            and not name.startswith("tfapp")
        }
        if own not in speeds or not others:
            continue
        cells = [f"{name} {a:.1f} ({b:.1f})" for name, (a, b) in others.items()]
        mine = speeds[own]
        best = [max(column) for column in zip(*others.values(), strict=True)]
        ratios = [f"{mine[i] / best[i]:.2f}" for i in range(2)]
        yield (
            f"| {network} | {job} | {kind} | {', '.join(cells)} "
            f"| {mine[0]:.1f} ({mine[1]:.1f}), {precision} | {' ('.join(ratios)}) |"
        )


def time_to_accuracy(arguments: argparse.Namespace) -> list[dict]:
    """Return seconds and accuracy of both ways to a trained head."""
    common = [str(arguments.photos), "mobilenet_v2", "accuracy", "0"]
    common += [str(arguments.epochs)]
    rows = []
    print("| keras | tfapp | same accuracy | keras until then | tfapp | ratio |")
    print("|---" * 6 + "|")
    for _ in range(arguments.rounds):
        keras = run([sys.executable, str(HERE / "ways" / "keras_way.py"), *common])
        tfapp = run([sys.executable, str(HERE / "ways" / "tfapp_way.py"), *common])
        same = min(max(keras["accuracy"]), tfapp["accuracy"])
        epoch = next(i for i, a in enumerate(keras["accuracy"]) if a >= same)
        until = keras["seconds"][epoch]
        ratio = until / tfapp["seconds"]
        rows.append({"keras": keras, "tfapp": tfapp, "same": same, "ratio": ratio})
        print(
            f"| {max(keras['accuracy']):.2%}, {len(keras['accuracy'])} epochs in "
            f"{keras['seconds'][-1]:.0f} s | {tfapp['accuracy']:.2%} | {same:.2%} "
            f"| {until:.0f} s, "
            f"epoch {epoch + 1} | {tfapp['seconds']:.1f} s | {ratio:.1f} |",
            flush=True,
        )
    return rows


if __name__ == "__main__":
    main()
