r"""Training speed of tfapp, the Keras tutorial and PyTorch, photo for photo.

    python benchmarks/training.py "$TFAPP_DATA/cats_dogs/train" --rounds 2
    python benchmarks/training.py "$TFAPP_DATA/cats_dogs/train" --accuracy

Ways: `keras` is image_dataset_from_directory, the frozen extractor inside the model,
and fit, in float32; `keras_bf16` the same with mixed_bfloat16; `torch` PyTorch on the
CPU with bfloat16 autocast and channels_last, fed from memory, if `--torch PYTHON` names
an interpreter that has it; `tfapp` this project, precision chosen by its measurement
(made beforehand; it is kept between runs). Jobs: `head`, `last_block` (VGG16 from
block5_conv1, MobileNetV2 from block_16_expand) and `all`. No way augments.

Every measurement is a process of its own, the ways take turns, and the best epoch of
each counts: the machine may be shared. `--epochs` says over how many epochs the
figures of `tfapp_stored` count, which computes the frozen layers once.

`--accuracy` instead trains MobileNetV2's head on all photos: seconds until the
tutorial's way has the validation accuracy that both reach.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
JOBS = ("head", "last_block", "all")
PHOTOS = {"vgg16": 96, "mobilenet_v2": 384}
"""Photos of an epoch; the slowest way takes minutes for them."""


def main() -> None:
    """Measure what is asked for and print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="folder of class folders")
    parser.add_argument("--networks", nargs="+", default=list(PHOTOS))
    parser.add_argument("--jobs", nargs="+", default=JOBS, choices=JOBS)
    parser.add_argument("--rounds", type=int, default=2)
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
    """Return the best speed of every way, network and job."""
    rows = []
    ways = ["keras", "keras_bf16", "tfapp", *(["torch"] if arguments.torch else [])]
    print(
        "| network | job | keras | keras_bf16 | torch | tfapp | precision "
        f"| tfapp, frozen layers once ({arguments.epochs} epochs) | x keras "
        "| once x keras | x better keras | x torch |\n" + "|---" * 12 + "|"
    )
    for network in arguments.networks:
        for job in arguments.jobs:
            best: dict[str, float] = defaultdict(float)
            precision = ""
            for _ in range(arguments.rounds):
                for way in ways:
                    found = measure(way, network, job, arguments)
                    precision = found.pop("precision", precision)
                    for name, speed in found.items():
                        best[name] = max(best[name], speed)
            row = {"network": network, "job": job, "precision": precision, **best}
            rows.append(row)
            print(line(row), flush=True)
    return rows


def measure(way: str, network: str, job: str, arguments: argparse.Namespace) -> dict:
    """Return name → images per second of one process."""
    python = arguments.torch if way == "torch" else sys.executable
    script = {"torch": "torch_way.py", "tfapp": "tfapp_way.py"}.get(way, "keras_way.py")
    command = [python, str(HERE / "ways" / script), str(arguments.photos)]
    command += [network, job, str(arguments.count or PHOTOS[network])]
    command += [str(arguments.epochs)]
    return run([*command, *(["bf16"] if way == "keras_bf16" else [])])


def run(command: list[str]) -> dict:
    """Run a process that prints JSON in its last line, and return that."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def line(row: dict) -> str:
    """Return a row of the table."""
    keras, reduced = row["keras"], row["keras_bf16"]
    steps, stored = row.get("tfapp", 0.0), row.get("tfapp_stored", 0.0)
    torch = row.get("torch", 0.0)
    better = max(keras, reduced)
    cells = [keras, reduced, torch, steps, row["precision"], stored, steps / keras]
    cells += [stored / keras, (steps or stored) / better]
    cells += [(steps or stored) / torch if torch else 0.0]
    texts = [c if isinstance(c, str) else f"{c:.1f}" if c else "" for c in cells]
    return f"| {row['network']} | {row['job']} | " + " | ".join(texts) + " |"


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
