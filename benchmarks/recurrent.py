"""Characters per second that a recurrent language model learns from, by each choice.

    python benchmarks/recurrent.py --torch PYTHON
    python benchmarks/recurrent.py --units 256 --depth 1 --batches 32 100 250

`keras` is the network of text/tiny_shakespeare_char_rnn in float32, `bf16` the same in
mixed_bfloat16, `one-hot` without vectors of characters, `unrolled` without a loop,
`xla` compiled by XLA, `gru` another cell. `torch` is PyTorch's nn.LSTM with the same
loss and optimizer, in a Python of its own. A step is whole: loss, gradients and Adam,
on made up text. The ways take turns, `--rounds` times; the median is shown.
"""

import argparse
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.base.reporter import Reporter
from tfapp.machine.processor import processor_name, tune_allocator
from tfapp.machine.start import start_tensorflow

CHARACTERS, EMBEDDING = 65, 48
WAYS = ("keras", "bf16", "one-hot", "unrolled", "xla", "gru")
TORCH = Path(__file__).parent / "ways" / "torch_lstm.py"
Measured = tuple[float, float]
"""Characters per second, and per second of the processor."""


def main() -> None:
    """Print a row for every way and batch."""
    arguments = parsed()
    tune_allocator()  # as every run does
    start_tensorflow(Reporter(quiet=True))
    print(f"{processor_name()}; {arguments.depth} x {arguments.units} units, ", end="")
    print(f"{arguments.length} characters a row; per second (of the processor)\n")
    print("| way | " + " | ".join(f"batch {b}" for b in arguments.batches) + " |")
    print("|---" * (1 + len(arguments.batches)) + "|", flush=True)
    rows: dict[str, list[Measured]] = {}
    for batch in arguments.batches:
        for way, measured in measure(batch, arguments).items():
            rows.setdefault(way, []).append(measured)
    for way, cells in rows.items():
        shown = (f"{wall:,.0f} ({own:,.0f})" for wall, own in cells)
        print(f"| {way} | {' | '.join(shown)} |")
    if "torch" in rows and "keras" in rows:
        pairs = zip(rows["keras"], rows["torch"], strict=True)
        ratios = [f"{ours[0] / theirs[0]:.2f}x" for ours, theirs in pairs]
        print(f"\nkeras against torch: {', '.join(ratios)}")


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--length", type=int, default=50)
    parser.add_argument("--batches", type=int, nargs="+", default=[50, 250])
    parser.add_argument("--seconds", type=float, default=3.0, help="of a measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch", metavar="PYTHON", help="that can import torch")
    return parser.parse_args()


def measure(batch: int, arguments: argparse.Namespace) -> dict[str, Measured]:
    """Return the median of the rounds for every way."""
    steps = {way: step_of(way, batch, arguments) for way in arguments.ways}
    found: dict[str, list[Measured]] = {}
    for _ in range(arguments.rounds):
        for way, step in steps.items():
            characters = batch * arguments.length
            speed = speed_of(step, characters, arguments.seconds)
            found.setdefault(way, []).append(speed)
        if arguments.torch:
            found.setdefault("torch", []).append(torch_speed(batch, arguments))
    return {way: middle(values) for way, values in found.items()}


def middle(values: list[Measured]) -> Measured:
    """Return the medians."""
    wall, own = zip(*values, strict=True)
    return statistics.median(wall), statistics.median(own)


def step_of(way: str, batch: int, arguments: argparse.Namespace) -> Callable[[], Any]:
    """Return one step of training in one graph; it has been built."""
    import keras
    import tensorflow as tf

    policy = "mixed_bfloat16" if way == "bf16" else "float32"
    keras.config.set_dtype_policy(policy)
    model = network(way, arguments)
    keras.config.set_dtype_policy("float32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3, clipnorm=5.0), loss)
    model.optimizer.build(model.trainable_variables)
    generator = np.random.default_rng(0)
    ids = generator.integers(0, CHARACTERS, (batch, arguments.length + 1), np.int32)
    inputs, targets = tf.constant(ids[:, :-1]), tf.constant(ids[:, 1:])
    graph = tf.function(model.train_step, jit_compile=way == "xla", autograph=False)

    def step() -> Any:
        graph((inputs, targets))
        return model.trainable_variables[-1].numpy()

    step()
    return step


def network(way: str, arguments: argparse.Namespace) -> Any:
    """Return the network, changed as the way says."""
    import keras

    from tfapp.data.spec import DataInfo, InputSpec
    from tfapp.domains.text.language.models.recurrent_language_model import (
        recurrent_language_model,
    )

    spec = InputSpec((None,), "int32", CHARACTERS)
    info = DataInfo({"ids": spec}, (None,), CHARACTERS, (), "", {})
    model = recurrent_language_model(
        info,
        cell="gru" if way == "gru" else "lstm",
        units=arguments.units,
        depth=arguments.depth,
        embedding_units=EMBEDDING,
        dropout_rate=0.0,
    )
    if way == "unrolled":
        for layer in model.layers:
            if isinstance(layer, keras.layers.RNN):
                layer.unroll = True
    if way == "one-hot":
        parts = [one_hot_of(layer) for layer in model.layers[1:]]
        model = keras.Sequential([keras.Input((arguments.length,)), *parts])
    return model


def one_hot_of(layer: Any) -> Any:
    """Return a layer, or in place of vectors of characters one-hot ones."""
    import keras

    if isinstance(layer, keras.layers.Embedding):
        return keras.layers.CategoryEncoding(CHARACTERS, output_mode="one_hot")
    return layer.__class__.from_config(layer.get_config())


def speed_of(step: Callable[[], Any], characters: int, seconds: float) -> Measured:
    """Return how many characters a step learns from per second."""
    steps, wall, own = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() < wall + seconds or not steps:
        step()
        steps += 1
    total = steps * characters
    return total / (time.perf_counter() - wall), total / (time.process_time() - own)


def torch_speed(batch: int, arguments: argparse.Namespace) -> Measured:
    """Return what PyTorch does in a process of its own."""
    sizes = (arguments.units, arguments.depth, arguments.length, batch, CHARACTERS)
    command = [arguments.torch, str(TORCH), *map(str, (*sizes, arguments.seconds))]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, own = map(float, output.split())
    return wall, own


if __name__ == "__main__":
    main()
