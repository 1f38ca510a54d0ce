"""Segmentations by number of training images: recipes x sizes x seeds, then `compare`.

`python benchmarks/segmentation.py isbi_unet isbi_unet_mobilenet --images 5 12 24`
trains every recipe on so many training images with every seed and ends in a comparison
of pixel error, IoU, Dice and Rand F-score on the test images. With 24 images none is
left to choose the epoch by: the last one counts. Every run is a process of its own
below `--folder`; finished ones are not repeated and killed ones are resumed. Overrides
(`--set`) come last and win; fix `runtime.precision` there where several machines train.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from run_once import run_once

from tfapp import compare
from tfapp.cli import show_comparison

VALIDATION = 3
"""Images that choose the epoch, where there are enough."""


def main() -> None:
    """Run what is missing, then compare everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--images", type=int, nargs="+", default=[5, 12, 24])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--folder", type=Path, default=Path("runs/segmentation"))
    arguments = parser.parse_args()
    found = []
    # Seeds outermost: stopped early, there is a curve of fewer seeds.
    for seed in arguments.seeds:
        for name in arguments.recipes:
            for images in arguments.images:
                overrides = [*settings(images, seed), *arguments.overrides]
                found.append(run_once(name, overrides, arguments.folder))
    out = arguments.folder / "comparison"
    comparison = compare([str(run.folder) for run in found], out=out)
    show_comparison.comparison(comparison, out, as_json_=False)


def settings(images: int, seed: int) -> Iterator[str]:
    """Yield the overrides of one run."""
    yield from (f"seed={seed}", f"data.limit_per_class={images}")
    if images > 24 - VALIDATION:
        yield "data.split.validation=0.0"


if __name__ == "__main__":
    main()
