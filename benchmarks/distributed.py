r"""How training speeds up with several workers, and with several mirrored replicas.

    python benchmarks/distributed.py digits --counts 1 2
    python benchmarks/distributed.py "$RECIPE" --counts 1 2 4 --batch 64 --set KEY=VALUE

Ways: `workers` are processes that share every batch through TensorFlow's collectives,
`mirrored` is one process over as many devices (GPUs, or logical CPU devices). The batch
of a device stays the same, and on a CPU each has one thread, so twice the devices
should do twice the inputs per second: efficiency is how much of that they do. Only
training is measured, without reading states and validation; the quickest epoch after
the first counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

WAYS = ("workers", "mirrored")
HERE = Path(__file__).resolve()


def main() -> None:
    """Measure every way and number of devices; print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", help="name or file")
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    parser.add_argument("--counts", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--batch", type=int, default=32, help="of one device")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE")
    parser.add_argument("--process", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.process:
        print(json.dumps(speed(arguments)))
        return
    print("| way | devices | batch | inputs/s | efficiency |\n|---|---|---|---|---|")
    for way in arguments.ways:
        first = 0.0
        for count in arguments.counts:
            found = min(started(arguments, way, count))
            first = first or found / count
            print(
                f"| {way} | {count} | {count * arguments.batch} | {found:.1f} | "
                f"{found / count / first:.0%} |",
                flush=True,
            )


def started(arguments: argparse.Namespace, way: str, count: int) -> list[float]:
    """Return the inputs per second that each process of a way has measured."""
    from tfapp.verbs.workers.launch import free_ports

    processes = count if way == "workers" else 1
    addresses = [f"127.0.0.1:{port}" for port in free_ports(processes)]
    options = [f"training.epochs={arguments.epochs}", *arguments.set]
    options += [f"data.batch_size={count * arguments.batch}", f"runtime.strategy={way}"]
    options += [f"runtime.threads={count if way == 'mirrored' else 1}"]
    command = [sys.executable, str(HERE), arguments.recipe, "--process", str(count)]
    command += ["--batch", str(arguments.batch), "--ways", way]
    command += [part for text in options for part in ("--set", text)]
    running = []
    for index in range(processes):
        config = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": index},
        }
        environ = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
        environ |= {"TF_CONFIG": json.dumps(config)} if way == "workers" else {}
        running.append(
            subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
        )
    outputs = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        sys.exit(f"{way} of {count} failed")
    return [float(output.splitlines()[-1]) for output in outputs]


def speed(arguments: argparse.Namespace) -> float:
    """Train in this process; return the inputs per second of the quickest epoch."""
    import tensorflow as tf

    from tfapp import recipes
    from tfapp.base.reporter import Reporter
    from tfapp.data import load_dataset
    from tfapp.machine.cluster import join
    from tfapp.runs.session import rehearse
    from tfapp.runs.workers import begun, cluster_for

    if "mirrored" in arguments.ways and not tf.config.list_physical_devices("GPU"):
        devices = [tf.config.LogicalDeviceConfiguration()] * int(arguments.process)
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, devices)
    recipe = recipes.load_recipe(arguments.recipe, arguments.set)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        member = stack.enter_context(join(cluster_for(recipe.runtime)))
        reporter = Reporter(quiet=True)
        run, reporter = stack.enter_context(begun(member, recipe, place, reporter))
        loop = rehearse(
            recipe,
            run,
            reporter,
            began=time.monotonic(),
            resumed=False,
            watch=lambda loop, history: False,
        )
        dataset = load_dataset(recipe.data, seed=recipe.seed)
        inputs = dataset.count(dataset.examples["train"], True)
        epochs = loop.phases[-1].epochs
        return inputs / min(row["seconds"] for row in epochs[1:] or epochs)


if __name__ == "__main__":
    main()
