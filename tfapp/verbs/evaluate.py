"""Evaluate the model of a run again, or on other data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfapp import runs
from tfapp.base.errors import ConfigError, DataError
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset, load_test_only
from tfapp.data.detection import require_place
from tfapp.data.spec import Dataset
from tfapp.data.split import trained_hashes
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import Recipe
from tfapp.runs import Run
from tfapp.runs.evaluation import write_evaluation
from tfapp.runs.failures import reading
from tfapp.tasks import get_task
from tfapp.tasks.leaks import with_near_copies, with_trained
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Inside, Outputs


def evaluate(
    run: str,
    data: str = "",
    *,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Results:
    """Evaluate a run's model.keras, preprocessed as in training.

    Args:
        run: NAME (its latest complete run), NAME/NUMBER, or the run's folder.
        data: other data with the same classes: its test split if it has one, else
            all of it; "" = the run's own recorded test split.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Returns:
        The results. Report, predictions.csv, mistakes.csv and metrics.json go into a
        new folder RUN/evaluations/DATA/NUMBER (`runs.evaluation`).
        What was trained on, or has a near copy there, is counted.
        Of examples of one class alone, what needs two (precision,
        F1, averages over classes, ROC AUC) is None.

    Raises:
        TfappError: if the run did not finish, or the data or its classes do not fit.
    """
    reporter = reporter or Reporter()
    finished_run = runs.find(run, Path(runs_folder))
    card = finished_run.card()
    recipe = finished_run.recipe()
    _require_examples(finished_run, recipe.task)
    require_place(data or recipe.data.path, recipe.data.kind)
    start_tensorflow(reporter)
    from tfapp.export.keras_file import load_model

    dataset = _load(recipe, finished_run, data, card, reporter)
    task = get_task(recipe.task, recipe.task_options)
    model = load_model(finished_run.model_file)
    answer = _answers(model, dataset, reporter)
    evaluated = task.judge(
        answer, dataset, card["calibration"], inside=_inside(model, dataset, reporter)
    )
    if data:
        hashes = trained_hashes(finished_run.split_file)
        results = with_trained(evaluated, dataset, hashes)
    else:
        results = with_near_copies(evaluated, dataset)
    for note in results.notes:
        reporter.say(note)
    with reporter.stage("write report"), reading(dataset):
        sections = task.sections(results, dataset, model)
        folder = write_evaluation(finished_run, data, results, dataset, sections)
    reporter.say(f"report, predictions and mistakes: {folder}")
    return results


def _require_examples(run: Run, task: str) -> None:
    """Refuse a run that learned from no examples, before TensorFlow's seconds.

    Raises:
        ConfigError: naming its task.
    """
    if not run.split_file.exists():
        raise ConfigError(
            f"Task {task!r} has no examples to evaluate on. Its figures are on "
            f"{run.folder}/report.html; `tfapp --help` lists commands of its own."
        )


def _load(
    recipe: Recipe, run: Run, data: str, card: dict[str, Any], reporter: Reporter
) -> Dataset:
    with reporter.stage("check data", unit="files") as stage:
        if not data:
            return load_dataset(
                recipe.data,
                seed=recipe.seed,
                split_file=run.split_file,
                progress=stage,
            )
        config = recipe.data.model_copy(update={"path": data})
        dataset = load_test_only(
            config,
            tuple(card["class_names"]),
            preprocess=card["preprocess"],
            progress=stage,
        )
    if not dataset.examples["test"]:
        raise DataError(f"{data} holds no example to evaluate.")
    return dataset


def _answers(model: Any, dataset: Dataset, reporter: Reporter) -> Outputs:
    """Return what answers for a split."""
    from tfapp.training.inference import answers

    def answer(split: str) -> Any:
        with reporter.stage(f"predict {split}") as stage:
            outputs = answers(model, dataset, split, stage)
            return outputs if dataset.joined is None else list(outputs)

    return answer


def _inside(model: Any, dataset: Dataset, reporter: Reporter) -> Inside:
    """Return what gives the features of a network."""
    from tfapp.training.inference import features_at

    def inside(split: str, places: Sequence[int]) -> Any:
        with reporter.stage(f"features of {split}"):
            return features_at(model, dataset, split, places)

    return inside
