r"""The floor under a recipe: logistic regression on its features, on the test images.

    python benchmarks/floor.py cats_dogs_features

Nothing is chosen: all training images, pooled features scaled to variance one, and
scikit-learn's logistic regression with C = 0.01.
"""

import argparse

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from small_sets import features_of

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.machine.start import start_tensorflow
from tfapp.tasks.build import build_model


def main() -> None:
    """Print the test accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    start_tensorflow(Reporter())
    settings = ["data.split.validation=0.0", *arguments.overrides]
    recipe = recipes.load_recipe(arguments.recipe, settings)
    dataset = load_dataset(recipe.data, seed=recipe.seed)
    model = build_model(recipe.model, dataset.info)
    train, test = (features_of(recipe, dataset, model, s)[0] for s in ("train", "test"))
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=5000))
    head.fit(train, dataset.targets(dataset.examples["train"]))
    accuracy = head.score(test, dataset.targets(dataset.examples["test"]))
    print(f"{accuracy:.2%} of {len(test)} test images, {len(train)} to learn from")


if __name__ == "__main__":
    main()
