"""Pretrained contracting paths against a U-Net from scratch, by training images.

`python benchmarks/segmentation.py isbi_unet isbi_unet_mobilenet --images 5 12 24`
trains every recipe on so many training images with every seed and prints a Markdown
table of pixel error, IoU and Rand F-score on the test images, mean ± sd over the seeds.
With 24 images none is left to choose the epoch by: the last one counts. Finished runs
below `--folder` are read, not repeated, and killed ones are resumed.
"""

import argparse
from pathlib import Path
from statistics import mean, stdev

from run_once import metrics_of, run_once

FIGURES = ("pixel_error", "iou", "rand_f_score")
VALIDATION = 3
"""Images that choose the epoch, where there are enough."""


def main() -> None:
    """Train everything and print the table."""
    arguments = _arguments()
    rows = []
    for recipe in arguments.recipes:
        for images in arguments.images:
            found = [
                measure(recipe, images, seed, arguments) for seed in arguments.seeds
            ]
            rows.append(f"| {recipe} | {images} | {len(found)} | {_told(found)} |")
            print(rows[-1], flush=True)
    print("| recipe | training images | seeds | pixel error | IoU | Rand F | minutes |")
    print("|---|---|---|---|---|---|---|", *rows, sep="\n")


def measure(
    recipe: str, images: int, seed: int, arguments: argparse.Namespace
) -> dict[str, float]:
    """Train a recipe once; return its figures and the minutes it took."""
    overrides = [f"seed={seed}", f"data.limit_per_class={images}"]
    if images > 24 - VALIDATION:
        overrides.append("data.split.validation=0.0")
    kept = metrics_of(run_once(recipe, [*overrides, *arguments.set], arguments.folder))
    found = {key: float(kept[key]) for key in FIGURES}
    return found | {"minutes": kept["run"]["total_seconds"] / 60.0}


def _told(found: list[dict[str, float]]) -> str:
    cells = []
    for key in FIGURES:
        values = [100.0 * row[key] for row in found]
        spread = f" ± {stdev(values):.2f}" if len(values) > 1 else ""
        cells.append(f"{mean(values):.2f}{spread} %")
    return " | ".join([*cells, f"{mean(row['minutes'] for row in found):.1f}"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--images", type=int, nargs="+", default=[5, 12, 24])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--folder", type=Path, default=Path("runs/segmentation"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
