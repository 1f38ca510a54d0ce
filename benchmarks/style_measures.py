r"""Neural style measured: losses of one picture at several sizes, time next to PyTorch.

    python benchmarks/style_measures.py $TFAPP_DATA/style_images/tubingen.jpg \
        $TFAPP_DATA/style_images/starry_night.jpg --sizes 256 512 --torch PYTHON

First the losses of the photo as it is, by layer: relative losses should not depend on
the size, so that one set of weights serves all. Then seconds of the processor for a
loss with its gradient on vgg_small at the first size; with --torch, an interpreter that
has PyTorch, the same network, losses and picture there, in rounds that take turns.
"""

import argparse
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import RuntimeConfig

ROUNDS = 3
WAY = Path(__file__).parent / "ways" / "torch_style.py"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--extractors", nargs="+", default=["vgg_small"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[256, 512])
    parser.add_argument("--evaluations", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--torch", default="", help="interpreter that has PyTorch")
    arguments = parser.parse_args()
    runtime = RuntimeConfig(threads=arguments.threads)
    start_tensorflow(Reporter(quiet=True), runtime)
    for extractor in arguments.extractors:
        by_size(arguments, extractor)
    by_time(arguments)


def objective_at(arguments: argparse.Namespace, extractor: str, size: int) -> Any:
    """Return the loss of the content at a size, against the style at that size."""
    from tfapp.domains.images.pretrained.extractors import find_extractor
    from tfapp.domains.images.style import pictures
    from tfapp.domains.images.style.features.extraction import (
        Extraction,
        default_layers,
    )
    from tfapp.domains.images.style.features.objective import Objective
    from tfapp.domains.images.style.features.targets import Style

    layers = default_layers(extractor)
    names = [*layers.style, *layers.content]
    extraction = Extraction(extractor, find_extractor(extractor).weights, names)
    content, style = (
        pictures.resized(pixels, pictures.sides(pixels.shape, size))
        for pixels in (
            pictures.read_picture(arguments.content, "content"),
            pictures.read_picture(arguments.style, "style"),
        )
    )
    return Objective(extraction, layers, content, [Style(style)])


def by_size(arguments: argparse.Namespace, extractor: str) -> None:
    """Print the losses of the content at every size, layer by layer."""
    columns = []
    for size in arguments.sizes:
        objective = objective_at(arguments, extractor, size)
        losses = objective.measure(objective.content)
        columns.append({k: v for k, v in losses.items() if k.startswith("style_")})
    print(f"| {extractor} |", *(f"{size} |" for size in arguments.sizes), "apart |")
    print("|---" * (len(columns) + 2) + "|")
    for name in columns[0]:
        print_losses(name.removeprefix("style_"), [column[name] for column in columns])
    print_losses("mean", [float(np.mean([*column.values()])) for column in columns])


def print_losses(name: str, losses: Sequence[float]) -> None:
    """Print a row, and how far its ends are apart."""
    apart = max(losses) / min(losses) - 1
    print(f"| {name} |", *(f"{loss:.4f} |" for loss in losses), f"{apart:.1%} |")


def by_time(arguments: argparse.Namespace) -> None:
    """Print processor seconds of an evaluation, and of PyTorch's, in turns."""
    objective = objective_at(arguments, "vgg_small", arguments.sizes[0])
    picture = objective.content
    objective(picture)
    own, others = [], []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(arguments.evaluations):
            objective(picture)
        own.append((time.process_time() - began) / arguments.evaluations)
        if arguments.torch:
            others.append(torch_seconds(arguments, picture.shape))
    print(f"tfapp: {min(own):.3f} s of the processor for an evaluation")
    if others:
        ratio = np.median(np.array(others) / own)
        print(f"PyTorch: {min(others):.3f} s, {ratio:.2f} times tfapp's (median)")


def torch_seconds(arguments: argparse.Namespace, shape: Sequence[int]) -> float:
    """Return processor seconds of an evaluation by PyTorch."""
    numbers = [*shape[:2], arguments.evaluations, arguments.threads]
    done = subprocess.run(
        [arguments.torch, str(WAY), *map(str, numbers)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
