"""Train, evaluate and export one recipe: the whole application in one function."""

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp import recipes, runs
from tfapp.config import Recipe
from tfapp.data import load_dataset
from tfapp.data.cache_dir import default_cache_dir
from tfapp.errors import ExportError
from tfapp.files import require_writable, write_json
from tfapp.models import build_model
from tfapp.reporter import Reporter
from tfapp.runs import Run
from tfapp.start import start_tensorflow
from tfapp.tasks import get_task
from tfapp.verbs.recording import TRAINING, recording
from tfapp.verbs.story import card, tell

AFTER_TRAINING_SECONDS = 60.0
"""Kept back from a time budget for the export, its check and the report."""


@dataclass(frozen=True)
class RunResult:
    """What a run leaves behind.

    Args:
        folder: runs/NAME/NUMBER.
        saved_model: saved_models/NAME/VERSION.
        report: the HTML page.
        metrics: of the test split, as in metrics.json.
    """

    folder: Path
    saved_model: Path
    report: Path
    metrics: dict[str, Any]


def run(
    recipe: Recipe | str,
    overrides: Sequence[str] = (),
    *,
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
    started: float | None = None,
) -> RunResult:
    """Train, evaluate and export what a recipe describes.

    Args:
        recipe: a recipe, its name, or its file.
        overrides: texts such as "training.epochs=3"; only with a name or file.
        runs_folder: the run becomes runs_folder/NAME/NUMBER.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        reporter: hears of every stage; None for one on stderr.
        started: monotonic seconds at which a time budget began; None for now.

    Returns:
        Where things are, and the metrics of the test split.

    Raises:
        TfappError: for anything a user can mend; nothing half-written is left.
    """
    if not isinstance(recipe, Recipe):
        recipe = recipes.load_recipe(recipe, overrides)
    elif overrides:
        raise TypeError("`overrides` go with a recipe's name or file.")
    reporter = reporter or Reporter()
    require_writable(Path(saved_models) / (recipe.name or "unnamed"))
    folder = runs.create(Path(runs_folder), recipe.name or "unnamed")
    with recording(folder):
        start_tensorflow(reporter)
        return _run(recipe, folder, Path(saved_models), reporter, started)


def _run(
    recipe: Recipe,
    folder: Run,
    saved_models: Path,
    reporter: Reporter,
    started: float | None,
) -> RunResult:
    from tfapp.training import devices
    from tfapp.training.deadline import Deadline
    from tfapp.training.trainer import Trainer

    began = time.monotonic() if started is None else started
    facts = runs.environment() | {"seed": recipe.seed}
    runs.record_start(folder, recipes.to_toml(recipe), facts)
    with devices.numerics(recipe.runtime, recipe.seed):
        strategy = devices.make_strategy(recipe.runtime)
        devices.check_batch_size(recipe.data.batch_size, strategy)
        facts["device"] = devices.describe(strategy, recipe.runtime)
        reporter.say(f"run {folder.folder} on {facts['device']}")
        dataset = _load(recipe, folder, reporter)
        task = get_task(recipe.task)
        with reporter.stage("build model"), strategy.scope():
            model = build_model(recipe.model, dataset.info)
        trainer = Trainer(
            model,
            dataset,
            task,
            recipe,
            folder.folder,
            default_cache_dir() / "features",
            reporter,
            Deadline(recipe.runtime.minutes, began, AFTER_TRAINING_SECONDS),
        )
        folder.set_status(TRAINING)
        with strategy.scope():
            trainer.train()
        return _finish(trainer, folder, saved_models, facts, began)


def _load(recipe: Recipe, folder: Run, reporter: Reporter) -> Any:
    with reporter.stage("check and split data", unit="files") as stage:
        dataset = load_dataset(
            recipe.data, seed=recipe.seed, split_file=folder.split_file, progress=stage
        )
        sizes = ", ".join(f"{len(e)} {s}" for s, e in dataset.examples.items())
        stage.detail = f"{sizes}; {len(dataset.info.class_names)} classes"
    for note in dataset.notes:
        reporter.say(f"  {note}")
    return dataset


def _finish(
    trainer: Any, folder: Run, saved_models: Path, facts: dict[str, Any], began: float
) -> RunResult:
    """Evaluate the trained model, export and save it, and write the report."""
    from tfapp.evaluation.report import write_report
    from tfapp.models.saved import save_model

    reporter, dataset, task = trainer.reporter, trainer.dataset, trainer.task
    results = task.assess(trainer.logits, dataset)
    with reporter.stage("export and verify") as stage:
        exported = _export(trainer, folder, saved_models, results.metrics, facts)
        stage.detail = (
            f"largest difference to the Keras model {exported.max_difference:.1e}"
        )
    save_model(trainer.model, folder.model_file)
    write_json(folder.card_file, dict(exported.card))
    task.write_predictions(folder.folder / "predictions.csv", results, dataset)
    facts |= {
        "seconds": reporter.seconds,
        "total_seconds": round(time.monotonic() - began, 1),
        "peak_memory_bytes": peak_memory_bytes(),
        "saved_model": str(exported.path),
        "phases": [phase.describe() for phase in trainer.phases],
        "notes": [*dataset.notes, *trainer.notes],
    }
    write_json(folder.folder / "metrics.json", results.metrics | {"run": facts})
    report = folder.folder / "report.html"
    with reporter.stage("write report"):
        story = tell(trainer, folder, facts)
        write_report(report, task.report(results, dataset, story))
    return RunResult(folder.folder, exported.path, report, results.metrics)


def _export(
    trainer: Any,
    folder: Run,
    saved_models: Path,
    metrics: dict[str, Any],
    facts: dict[str, Any],
) -> Any:
    from tfapp.export.exporter import next_version

    parent = saved_models / folder.name
    while True:
        destination = parent / str(next_version(parent))
        try:
            return _export_as(destination, trainer, folder, metrics, facts)
        except ExportError:
            if not destination.exists():
                raise  # else another run took the number meanwhile: take the next


def _export_as(
    destination: Path,
    trainer: Any,
    folder: Run,
    metrics: dict[str, Any],
    facts: dict[str, Any],
) -> Any:
    from tfapp.export.exporter import export_model

    dataset, config = trainer.dataset, trainer.recipe.export
    held = dataset.examples["test"] or dataset.examples["train"]
    images = [dataset.read(example) for example in held[: config.check_images]]
    return export_model(
        trainer.model,
        dataset.preprocess,
        class_names=dataset.info.class_names,
        card=card(trainer, folder, metrics, facts),
        destination=destination,
        temperature=metrics["temperature"] if config.calibrated else 1.0,
        warmup_images=images,
        check_images=images,
        tolerance=config.tolerance,
    )


def peak_memory_bytes() -> int:
    """Return the most memory this process has held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
