"""Evaluate the model of a run again, or on other data."""

from pathlib import Path
from typing import Any

import numpy as np

from tfapp import recipes, runs
from tfapp.data import load_dataset, load_test_only
from tfapp.data.spec import Dataset
from tfapp.errors import DataError
from tfapp.files import write_json
from tfapp.reporter import Reporter
from tfapp.runs import Run
from tfapp.start import start_tensorflow


def evaluate(
    run: str,
    data: str = "",
    *,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Evaluate a run's model.keras, preprocessed as in training.

    Args:
        run: NAME (its latest complete run), NAME/NUMBER, or the run's folder.
        data: other data with the same classes: its test split if it has one, else
            all of it; "" = the run's own recorded test split.
        runs_folder: where runs lie.
        reporter: hears of the progress; None for one on stderr.

    Returns:
        The metrics, also written into the run's folder as evaluation*.json. Of
        examples of one class alone, what needs two (precision, F1, averages over
        classes, ROC AUC) is None.

    Raises:
        TfappError: if the run did not finish, or the data or its classes do not fit.
    """
    reporter = reporter or Reporter()
    found = runs.find(run, Path(runs_folder))
    card = found.card()
    start_tensorflow(reporter)
    dataset = _load(found, data, card["class_names"], reporter)
    logits = _logits(found, dataset, reporter)
    metrics = _measure(logits, dataset, card, reporter)
    target = "evaluation.json" if not data else f"evaluation_{_plain(data)}.json"
    write_json(found.folder / target, metrics)
    return metrics


def _load(run: Run, data: str, class_names: list[str], reporter: Reporter) -> Dataset:
    recipe = recipes.load_recipe(str(run.folder / "recipe.toml"))
    with reporter.stage("check data", unit="files") as stage:
        if not data:
            return load_dataset(
                recipe.data,
                seed=recipe.seed,
                split_file=run.split_file,
                progress=stage,
            )
        config = recipe.data.model_copy(update={"path": data})
        dataset = load_test_only(config, tuple(class_names), progress=stage)
    if not dataset.examples["test"]:
        raise DataError(f"{data} holds no example to evaluate.")
    return dataset


def _logits(run: Run, dataset: Dataset, reporter: Reporter) -> np.ndarray:
    from tfapp.models.saved import load_model
    from tfapp.training.inference import predict

    model = load_model(run.model_file)
    total = len(dataset.examples["test"])
    with reporter.stage("predict test") as stage:
        return predict(model, dataset.batches("test"), total, stage)


def _measure(
    logits: np.ndarray, dataset: Dataset, card: dict[str, Any], reporter: Reporter
) -> dict[str, Any]:
    from tfapp.evaluation.calibration import apply_temperature
    from tfapp.evaluation.metrics import classification_metrics, of_one_class

    probabilities = apply_temperature(logits, card["temperature"])
    labels = dataset.labels("test")
    metrics = classification_metrics(labels, probabilities, card["class_names"])
    if len(present := np.unique(labels)) > 1:
        return metrics
    name = card["class_names"][present[0]]
    reporter.say(
        f"every example is of class {name!r}: precision, F1, averages over classes and "
        "ROC AUC need examples of two classes and are left out"
    )
    return of_one_class(metrics)


def _plain(data: str) -> str:
    parts = "".join(c if c.isalnum() else "_" for c in Path(data).name)
    return parts.strip("_") or "data"
