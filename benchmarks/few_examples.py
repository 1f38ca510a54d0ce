r"""Few examples per class: how features are best scaled before a linear head.

    python benchmarks/few_examples.py --draws 6

Examples of each class are drawn at random from the training images, the head (logistic
regression with `l2` = 50 / examples, at most 1) is tried on the others. Each column is
a value of Standardization's `prior`; 0 is plain standardisation.
"""

import argparse

import numpy as np
from sklearn.linear_model import LogisticRegression
from small_sets import LARGER_SETS, SMALL_SETS, SmallSet, features_of

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.layers.standardization import Standardization
from tfapp.machine.start import start_tensorflow
from tfapp.tasks.build import build_model

COUNTS, PRIORS = (5, 20, 80), (0.0, 10.0, 30.0, 100.0)
MOST_TRIED = 1500


def main() -> None:
    """Print a table row for each set and number of examples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=LARGER_SETS, choices=LARGER_SETS)
    parser.add_argument("--draws", type=int, default=6)
    arguments = parser.parse_args()
    start_tensorflow(Reporter(quiet=True))
    print("| set | per class | " + " | ".join(f"{p:g}" for p in PRIORS) + " |")
    print("|---" * (2 + len(PRIORS)) + "|")
    for name in arguments.sets:
        features, labels = one_view(SMALL_SETS[name])
        for count in COUNTS:
            found = [
                [accuracy(features, labels, count, prior, draw) for prior in PRIORS]
                for draw in range(arguments.draws)
            ]
            cells = [f"{100 * value:.1f}" for value in np.mean(found, axis=0)]
            print(f"| {name} | {count} | " + " | ".join(cells) + " |", flush=True)


def one_view(images: SmallSet) -> tuple[np.ndarray, np.ndarray]:
    """Return MobileNetV2's features of all training images, and their labels."""
    overrides = ["data.split.validation=0.0", "runtime.precision=float32"]
    overrides += images.settings(images.side)
    recipe = recipes.load_recipe("cats_dogs_features", overrides)
    dataset = load_dataset(recipe.data, seed=recipe.seed)
    model = build_model(recipe.model, dataset.info)
    return features_of(recipe, dataset, model)[0], dataset.targets(
        dataset.examples["train"]
    )


def accuracy(
    features: np.ndarray, labels: np.ndarray, count: int, prior: float, draw: int
) -> float:
    """Return the accuracy on others of a head that has seen `count` of each class."""
    random = np.random.default_rng(draw)
    classes = np.unique(labels)
    places = [random.permutation(np.flatnonzero(labels == c))[:count] for c in classes]
    train = np.concatenate(places)
    test = np.setdiff1d(np.arange(len(labels)), train)
    test = random.permutation(test)[:MOST_TRIED]
    layer = Standardization(prior=prior)
    layer.build((None, features.shape[1]))
    layer.adapt(features[train])
    scaled, held = np.asarray(layer(features[train])), np.asarray(layer(features[test]))
    l2 = min(50.0 / len(train), 1.0)
    head = LogisticRegression(C=1.0 / (2.0 * len(train) * l2), max_iter=2000)
    return float(head.fit(scaled, labels[train]).score(held, labels[test]))


if __name__ == "__main__":
    main()
