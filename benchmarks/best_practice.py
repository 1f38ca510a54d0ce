r"""Try choices of a head one at a time on several small sets; cross-validated.

    python benchmarks/best_practice.py --extractor mobilenet_v2
    python benchmarks/best_practice.py --extractor vgg_small --weights tiny_imagenet

The first row is what the others differ from by one choice. Only training images are
used; every figure is the mean accuracy over the folds, in per cent. What decides the
features and the head's optimum is solved by logistic regression; `--head` trains the
recipe's head instead, for the choices that say how.
"""

import argparse

import numpy as np
from cross_validation import cross_validate
from sklearn.model_selection import RepeatedStratifiedKFold
from small_sets import SMALL_SETS, SmallSet

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import Recipe

BASE = (
    "data.split.validation=0.0",
    "model.options.pooling=avg",
    "fine_tune.head.epochs=20",
    "fine_tune.head.learning_rate=3e-4",
)
SOLVED = {
    "as it is": (),
    "pooling max": ("model.options.pooling=max",),
    "pooling avg_max": ("model.options.pooling=avg_max",),
    "l2 / 10": ("L2 0.1",),
    "l2 x 10": ("L2 10",),
    "2 views": ("fine_tune.head.views=2",),
    "4 views": ("fine_tune.head.views=4",),
    "image x 0.7": ("SIDE 0.7",),
    "image x 1.4": ("SIDE 1.4",),
    "avg_max, image x 0.7": ("model.options.pooling=avg_max", "SIDE 0.7"),
    "avg_max, image x 0.5": ("model.options.pooling=avg_max", "SIDE 0.5"),
    "avg_max, l2 / 10": ("model.options.pooling=avg_max", "L2 0.1"),
}
TRAINED = {
    "as it is": (),
    "hidden 256": ("model.options.hidden_units=[256]",),
    "hidden 256, dropout 0.5": (
        "model.options.hidden_units=[256]",
        "model.options.dropout_rate=0.5",
    ),
    "dropout 0.5": ("model.options.dropout_rate=0.5",),
    "rate 1e-4": ("fine_tune.head.learning_rate=1e-4",),
    "rate 1e-3": ("fine_tune.head.learning_rate=1e-3",),
    "rate 3e-3": ("fine_tune.head.learning_rate=3e-3",),
    "60 epochs": ("fine_tune.head.epochs=60",),
    "label smoothing 0.1": ("task_options.label_smoothing=0.1",),
    "rate 3e-3, 60 epochs": (
        "fine_tune.head.learning_rate=3e-3",
        "fine_tune.head.epochs=60",
    ),
    "not standardised": ("model.options.standardize=false",),
}


def main() -> None:
    """Print one table row per choice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extractor", default="mobilenet_v2")
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--output", default="", help="layer at which it is cut")
    parser.add_argument(
        "--sets", nargs="+", default=list(SMALL_SETS), choices=list(SMALL_SETS)
    )
    parser.add_argument("--choices", nargs="+", help="names of rows; all")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--head", action="store_true", help="train, do not solve")
    arguments = parser.parse_args()
    rows = TRAINED if arguments.head else SOLVED
    start_tensorflow(Reporter(quiet=True))
    network = (
        f"model.options.extractor={arguments.extractor}",
        f"model.options.weights={arguments.weights}",
        f"model.options.extractor_output={arguments.output}",
    )
    print("| choice | " + " | ".join(arguments.sets) + " |")
    print("|---" * (len(arguments.sets) + 1) + "|")
    folds = RepeatedStratifiedKFold(
        n_splits=5, n_repeats=arguments.repeats, random_state=0
    )
    for choice in arguments.choices or rows:
        found = []
        for name in arguments.sets:
            recipe = changed(SMALL_SETS[name], network, rows[choice])
            found.append(np.mean(cross_validate(recipe, folds, arguments.head)))
        cells = [f"{100.0 * accuracy:.2f}" for accuracy in found]
        print(f"| {choice} | " + " | ".join(cells) + " |", flush=True)


def changed(
    images: SmallSet, network: tuple[str, ...], choice: tuple[str, ...]
) -> Recipe:
    """Return the recipe of one set, with one choice made otherwise."""
    side, l2 = float(images.side), images.l2
    overrides = [*BASE, *network]
    for change in choice:
        word, _, factor = change.partition(" ")
        side *= float(factor) if word == "SIDE" else 1.0
        l2 *= float(factor) if word == "L2" else 1.0
        if not factor:
            overrides.append(change)
    pixels = max(round(side / 32) * 32, 32)
    overrides += [*images.settings(pixels), f"model.options.l2={l2}"]
    if any("views" in change for change in choice):
        overrides.append("data.augmentation={flip='horizontal', zoom=0.1}")
    return recipes.load_recipe("cats_dogs_features", overrides)


if __name__ == "__main__":
    main()
