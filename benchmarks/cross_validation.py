r"""Cross-validate choices on the training images of a recipe, never its test images.

    python benchmarks/cross_validation.py cats_dogs_features \\
        --try data.options.image_size=[224,224] --try data.options.image_size=[288,288]

Each `--try` is one row: overrides separated by spaces. Features come from the recipe's
extractor (stored in the cache), every view of them; the classifier is scikit-learn's
logistic regression on standardised features with the recipe's `l2`, solved to its end,
or with `--head` the recipe's own head, trained by its settings.
"""

import argparse
import tempfile
from pathlib import Path

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from small_sets import features_of

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.spec import DataInfo
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import HeadPhase, Recipe
from tfapp.tasks import get_task
from tfapp.tasks.build import build_model
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.phase import Phase, PhasePlan, RunSetup, epochs_of
from tfapp.training.transfer.features import standardize
from tfapp.training.transfer.row_passes import RowPasses


def main() -> None:
    """Print one line per row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--try", action="append", default=[], dest="rows")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--head", action="store_true")
    arguments = parser.parse_args()
    start_tensorflow(Reporter())
    for row in arguments.rows or [""]:
        recipe = recipes.load_recipe(arguments.recipe, row.split())
        folds = RepeatedStratifiedKFold(
            n_splits=arguments.folds, n_repeats=arguments.repeats, random_state=0
        )
        found = cross_validate(recipe, folds, arguments.head)
        print(f"{np.mean(found):.2%}  {row or arguments.recipe}", flush=True)


def cross_validate(
    recipe: Recipe, folds: RepeatedStratifiedKFold, head: bool
) -> list[float]:
    """Return the accuracy of every fold."""
    dataset = load_dataset(recipe.data, seed=recipe.seed)
    model = build_model(recipe.model, dataset.info)
    count = _phase(recipe).views if dataset.augmentation else 1
    stacked = np.stack(features_of(recipe, dataset, model, views=count))
    labels = dataset.targets(dataset.examples["train"])
    scores = []
    for train, test in folds.split(labels, labels):
        if head:
            predicted = train_head(
                recipe, dataset.info, model, stacked, labels, train, test
            )
        else:
            predicted = solve(recipe, stacked, labels, train, test)
        scores.append(float(np.mean(predicted == labels[test])))
    return scores


def _phase(recipe: Recipe) -> HeadPhase:
    if recipe.fine_tune is None:
        raise SystemExit(f"{recipe.name} has no [fine_tune]: choose a recipe with it.")
    return recipe.fine_tune.head


def solve(
    recipe: Recipe,
    views: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
) -> np.ndarray:
    """Solve the recipe's linear head on some rows; return its classes for others."""
    rows = views[:, train].reshape(-1, views.shape[-1])
    # The recipe adds l2 |W|^2 to a mean, scikit-learn |W|^2 / 2 to C times a sum.
    strength = 1.0 / (2.0 * len(rows) * recipe.model.options["l2"])
    classifier = make_pipeline(
        StandardScaler(), LogisticRegression(C=strength, max_iter=2000)
    )
    classifier.fit(rows, np.tile(labels[train], len(views)))
    return np.asarray(classifier.predict(views[0][test]))


def train_head(
    recipe: Recipe,
    info: DataInfo,
    model: keras.Model,
    views: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
) -> np.ndarray:
    """Train the recipe's head on some rows and return its classes for others."""
    head = keras.models.clone_model(model.get_layer("head"))
    standardize(head, views[0][train])
    one_hot = np.eye(model.output_shape[-1], dtype="float32")[labels]
    kept = [view[train] for view in views]
    passes = RowPasses(kept, one_hot[train], recipe.data.batch_size, recipe.seed)
    config = _phase(recipe)
    setup = RunSetup(
        get_task(recipe.task, recipe.task_options),
        info,
        recipe.training,
        recipe.runtime,
    )
    plan = PhasePlan("head", config.epochs, config.learning_rate)
    workload = epochs_of(Phase(plan, head, passes, None), setup)
    with tempfile.TemporaryDirectory() as folder:
        TrainingLoop(Path(folder), Reporter(True)).run(workload, "head")
    return np.asarray(head.predict(views[0][test], verbose=0)).argmax(axis=1)


if __name__ == "__main__":
    main()
