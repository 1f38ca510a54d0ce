r"""How deep to thaw an extractor, and at which rate, on several small sets.

    python benchmarks/thaw_depth.py --extractor mobilenet_v2
    python benchmarks/thaw_depth.py --extractor vgg_small --weights tiny_imagenet
    python benchmarks/thaw_depth.py --kept-back 0.9 --solver exact --epochs 12

A part of each set's training images (`--kept-back`) is kept back and scored once per
run; its test images are not touched. All choices of a set and seed share that part; a
tenth of all, or a sixth of what is left, chooses the epoch. Every run is a process of
its own below `--folder`; finished ones are not repeated and killed ones are resumed.
"""

import argparse
from itertools import product
from pathlib import Path
from statistics import mean, stdev

from run_once import metrics_of, run_once
from small_sets import LARGER_SETS, SMALL_SETS

LAYERS = {
    "mobilenet_v2": ("block_16_expand", "block_14_expand", "block_10_expand"),
    "vgg_small": ("block5_conv1", "block4_conv1", "block3_conv1"),
    "inception_small": ("mixed5", "mixed2"),
}
"""Extractor → layers from which on it learns, few layers first."""

RATES = ("1e-4", "3e-4")
BASE = (
    "fine_tune.head.epochs=20",
    "fine_tune.head.learning_rate=1e-3",
    "fine_tune.head.views=2",
    "export.explain=false",
)


def main() -> None:
    """Print a row for each depth and rate, a column for each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extractor", default="mobilenet_v2", choices=list(LAYERS))
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--sets", nargs="+", default=LARGER_SETS, choices=LARGER_SETS)
    parser.add_argument("--pooling", default="avg")
    parser.add_argument("--largest", type=int, default=288, help="pixels of an image")
    parser.add_argument("--layers", nargs="+", help="from which on it learns")
    parser.add_argument("--rates", nargs="+", default=list(RATES))
    parser.add_argument("--epochs", type=int, default=4, help="of the second phase")
    parser.add_argument("--kept-back", type=float, default=0.25, help="share to test")
    parser.add_argument("--solver", default="gradient", help="of the head")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--folder", type=Path, default=Path("runs/thaw_depth"))
    arguments = parser.parse_args()
    print("| learns from | rate | " + " | ".join(arguments.sets) + " |")
    print("|---" * (2 + len(arguments.sets)) + "|", flush=True)
    layers = arguments.layers or LAYERS[arguments.extractor]
    depths = product(layers, arguments.rates)
    for layer, rate in [("the head alone", ""), *depths]:
        cells = [told(name, layer, rate, arguments) for name in arguments.sets]
        print(f"| {layer} | {rate} | " + " | ".join(cells) + " |", flush=True)


def told(name: str, layer: str, rate: str, arguments: argparse.Namespace) -> str:
    """Return mean and deviation of the accuracy on what was kept back."""
    found = []
    for seed in arguments.seeds:
        overrides = [*settings(name, layer, rate, arguments), f"seed={seed}"]
        recipe = "cats_dogs_fine_tune" if rate else "cats_dogs_features"
        run = run_once(recipe, overrides, arguments.folder)
        found.append(100.0 * metrics_of(run)["accuracy"])
    spread = f" ± {stdev(found):.2f}" if len(found) > 1 else ""
    return f"{mean(found):.2f}{spread}"


def settings(
    name: str, layer: str, rate: str, arguments: argparse.Namespace
) -> list[str]:
    """Return the overrides of one set, depth and rate."""
    images = SMALL_SETS[name]
    side = min(images.side, arguments.largest)
    network = {"extractor": arguments.extractor, "weights": arguments.weights}
    network |= {"pooling": arguments.pooling}
    # The fewer images, the stronger, as `fit` has it.
    network["l2"] = min(images.l2 * 0.75 / (1 - arguments.kept_back), 1.0)
    options = ", ".join(f"{key}={value!r}" for key, value in network.items())
    kept_back = arguments.kept_back
    found = [
        *BASE,
        f"data.split.test={kept_back}",
        f"data.split.validation={min(0.1, (1 - kept_back) / 6):.4f}",
        f"fine_tune.head.solver={arguments.solver}",
        *images.settings(side, images.training_images),
        f"data.augmentation={images.augmentation}",
        f"model.options={{{options}}}",
    ]
    if rate:
        found += [
            f"fine_tune.thaw.from_layer={layer}",
            f"fine_tune.thaw.learning_rate={rate}",
            f"fine_tune.thaw.epochs={arguments.epochs}",
        ]
    return found


if __name__ == "__main__":
    main()
