"""One recipe in one folder: data, model, training, evaluation, export, report."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp import recipes, runs
from tfapp.base.errors import ExportError
from tfapp.base.files import write_json
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.cache_dir import default_cache_dir
from tfapp.recipes.config import Recipe
from tfapp.runs import Run
from tfapp.runs.card import card, tell
from tfapp.runs.failures import reading
from tfapp.runs.precision_choice import announce, choose, resolved
from tfapp.runs.status import TRAINING
from tfapp.runs.teacher import load_teacher
from tfapp.tasks import get_task
from tfapp.tasks.build import build_model

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


def execute(
    recipe: Recipe,
    folder: Run,
    saved_models: Path,
    reporter: Reporter,
    began: float,
    facts: dict[str, Any],
) -> RunResult:
    """Train, evaluate and export a recipe; TensorFlow has been started.

    What an earlier process left in the folder is used: its split, its finished
    phases, the state of the phase in which it was killed.

    Args:
        recipe: what to do.
        folder: of the run.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        reporter: hears of every stage.
        began: monotonic seconds at which the time budget began.
        facts: versions, command and the like, for metrics.json.
    """
    from tfapp.training import devices
    from tfapp.training.loop.deadline import Deadline

    strategy = devices.make_strategy(recipe.runtime)
    devices.check_batch_size(recipe.data.batch_size, strategy)
    # First, so that numbers it cannot have are told before a long scan of the data.
    task = get_task(recipe.task, recipe.task_options)
    dataset = _load(recipe, folder, reporter)

    def build() -> Any:
        return build_model(recipe.model, dataset.info)

    # Tried on one device: mirrored variables train inside their strategy alone.
    choice = choose(recipe, dataset, task, strategy, build, reporter, facts)
    recipe = resolved(recipe, choice)
    with devices.numerics(recipe.runtime, recipe.seed, choice.policy):
        with reporter.stage("build model"), strategy.scope():
            model = build()
        devices.check_compilation(model, choice.jit_compile, strategy)
        facts["device"] = announce(strategy, recipe, choice, dataset, facts)
        reporter.say(f"run {folder.folder} on {facts['device']}")
        runs.record_start(folder, recipes.to_toml(recipe), facts)
        deadline = Deadline(recipe.runtime.minutes, began, AFTER_TRAINING_SECONDS)
        trainer = _trainer(
            model, dataset, task, recipe, folder, reporter, deadline, choice
        )
        folder.set_status(TRAINING)
        with reading(dataset):
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


def _trainer(
    model: Any,
    dataset: Any,
    task: Any,
    recipe: Recipe,
    folder: Run,
    reporter: Reporter,
    deadline: Any,
    choice: Any,
) -> Any:
    """Return the trainer of a run, with its teacher if the recipe names one."""
    from tfapp.training.trainer import Trainer

    distill = task.distill
    return Trainer(
        model,
        dataset,
        task,
        recipe,
        folder.folder,
        default_cache_dir() / "features",
        reporter,
        deadline,
        choice.jit_compile,
        notes=[choice.note] if choice.note else [],
        teacher=load_teacher(distill, recipe.task, folder, dataset)
        if distill
        else None,
    )


def _finish(
    trainer: Any, folder: Run, saved_models: Path, facts: dict[str, Any], began: float
) -> RunResult:
    """Evaluate the trained model, export and save it, and write the report."""
    from tfapp.export.keras_file import save_model
    from tfapp.report.page import write_report

    reporter, dataset, task = trainer.reporter, trainer.dataset, trainer.task
    results = task.assess(trainer.logits, dataset)
    with reporter.stage("export and verify") as stage:
        told = card(trainer, folder, results.metrics, facts)
        parent = saved_models / folder.name
        exported = _export(trainer, parent, told, results.metrics["temperature"])
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
    trainer: Any, parent: Path, card: dict[str, Any], temperature: float
) -> Any:
    """Publish the model as the next version of its name, whoever else publishes."""
    from tfapp.domains.images.explanation.in_graph import gradcam_in_graph
    from tfapp.export.exporter import export_model, next_version
    from tfapp.export.options import ExportOptions
    from tfapp.layers.outputs import logits_model

    model = logits_model(trainer.model)
    dataset, config = trainer.dataset, trainer.recipe.export
    held = dataset.examples["test"] or dataset.examples["train"]
    images = [dataset.read(example) for example in held[: config.examples]]
    options = ExportOptions(
        class_names=dataset.info.class_names,
        card=card,
        warmup_images=images,
        check_images=images,
        temperature=temperature if config.calibrated else 1.0,
        tolerance=config.tolerance,
        explain=gradcam_in_graph if config.explain else None,
        form=trainer.task.form,
    )
    while True:
        destination = parent / str(next_version(parent))
        try:
            return export_model(model, dataset.preprocess, destination, options)
        except ExportError:
            if not destination.exists():
                raise  # else another run took the number meanwhile: take the next


def peak_memory_bytes() -> int:
    """Return the most memory this process has held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
