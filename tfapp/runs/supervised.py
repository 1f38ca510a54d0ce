"""Learn from examples: load, build, train, evaluate, export, report."""

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfapp import recipes, runs
from tfapp.base.cache_dir import default_cache_dir
from tfapp.base.errors import ConfigError
from tfapp.data import load_dataset
from tfapp.data.service import require_servers
from tfapp.data.spec import Dataset
from tfapp.machine.cluster import in_turn, team
from tfapp.recipes.config import Recipe
from tfapp.report.blocks import Report
from tfapp.report.run_report import run_report
from tfapp.report.wording import size
from tfapp.runs.card import card, describe_data, run_facts
from tfapp.runs.experiment import RunContext
from tfapp.runs.failures import reading
from tfapp.runs.precision_choice import announce, choose, resolved
from tfapp.runs.teacher import load_teacher
from tfapp.tasks.build import build_model
from tfapp.tasks.leaks import with_near_copies
from tfapp.tasks.outcome import Outcome
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Task
from tfapp.training import devices
from tfapp.training.job import TrainingJob
from tfapp.training.trainer import Trainer
from tfapp.training.workers import ready_for_workers, synchronize_normalization


class SupervisedExperiment:
    """A network learns a task from the examples of a dataset.

    Args:
        task: how it learns, and how it is evaluated.
    """

    def __init__(self, task: Task) -> None:
        self.task = task

    def prepare(self, context: RunContext) -> None:
        """Load the data, choose the precision and build the network."""
        context = self._with_batch_size(context)
        recipe, strategy, facts = context.recipe, context.strategy, context.facts
        require_servers(recipe.runtime.input_service)
        devices.check_batch_size(recipe.data.batch_size, strategy)
        self.dataset = in_turn(lambda: _load(context))
        team().compare({"fingerprint of the data": self.dataset.info.fingerprint})
        context.loop.fingerprint = self.dataset.info.fingerprint

        def build() -> Any:
            return build_model(recipe.model, self.dataset.info)

        # Tried on one device: mirrored variables train inside their strategy alone.
        choice = choose(
            recipe, self.dataset, self.task, strategy, build, context.reporter, facts
        )
        self.recipe = resolved(recipe, choice)
        devices.begin_anew(recipe.seed, choice.policy)
        with context.reporter.stage("build model"), strategy.scope():
            gc.collect()  # copies of the network on which precisions were tried
            model = build()
            if team().size > 1:
                ready_for_workers(model)
        devices.check_compilation(model, choice.jit_compile, strategy)
        facts["device"] = announce(strategy, self.recipe, choice, self.dataset, facts)
        context.reporter.say(f"run {context.folder.folder} on {facts['device']}")
        runs.record_start(context.folder, recipes.to_toml(self.recipe), facts)
        if choice.note:
            context.loop.notes.append(choice.note)
        self.trainer = Trainer(self._job(model, choice.jit_compile, context))

    def train(self, context: RunContext) -> None:
        """Train every phase; the network ends with its best weights."""
        with reading(self.dataset):
            self.trainer.train()

    def finish(self, context: RunContext) -> Outcome:
        """Evaluate the network on the test split and export it."""
        from tfapp.export.checking.fresh_process import started_ahead

        synchronize_normalization(self.trainer.job.model, False)
        with reading(self.dataset), started_ahead():
            with context.reporter.stage("evaluate", around=True):
                judged = self.task.judge(
                    self.trainer.logits,
                    self.dataset,
                    None,
                    self.trainer.features,
                    self.trainer.inside,
                )
                results = with_near_copies(judged, self.dataset)
            exported = self._export(context, results)
        return Outcome(
            results=results,
            report=lambda facts: self._report(results, context, facts),
            model=self.trainer.job.model,
            card=exported.card,
            saved_model=exported.path,
            data=describe_data(self.dataset),
            notes=self.dataset.notes,
            judge="tfapp evaluate {run} --data DATA",
        )

    def _with_batch_size(self, context: RunContext) -> RunContext:
        """Return the context with a batch size that was measured, if none is named."""
        recipe = context.recipe
        if recipe.data.batch_size:
            return context
        from tfapp.training.batch_size import SMALLEST, measured_batch

        if context.strategy.num_replicas_in_sync > 1:
            raise ConfigError(
                "`data.batch_size` = 'auto' is measured on one device. Name a size, "
                "or set runtime.strategy = 'single'."
            )
        trial = replace(context, recipe=_with_size(recipe, SMALLEST))
        self.recipe, self.dataset = trial.recipe, _load(trial)
        with (
            context.reporter.stage("measure batch size") as stage,
            reading(self.dataset),
        ):
            model = build_model(recipe.model, self.dataset.info)
            compiled = recipe.runtime.compile == "on"
            choice = measured_batch(self._job(model, compiled, trial), compiled)
            stage.detail = f"{choice.size}: {choice.reason}"
        context.loop.note(
            f"batch size {choice.size}, measured: a step takes "
            f"{size(choice.peak_bytes)}; {choice.reason}"
        )
        return replace(context, recipe=_with_size(recipe, choice.size))

    def _job(self, model: Any, jit_compile: bool, context: RunContext) -> TrainingJob:
        teacher, distill = None, self.task.distill
        if distill is not None:
            teacher = load_teacher(
                distill, self.recipe.task, context.folder, self.dataset
            )
        return TrainingJob(
            model,
            self.dataset,
            self.task,
            self.recipe,
            context.loop,
            default_cache_dir() / "features",
            jit_compile,
            teacher,
        )

    def _export(self, context: RunContext, results: Results) -> Any:
        with context.reporter.stage("export and verify") as stage:
            described = card(self.trainer.job, context.folder, results, context.facts)
            parent = context.saved_models / context.folder.name
            exported = _exported(self.trainer.job, parent, described, results)
            stage.detail = (
                f"largest difference to the Keras model {exported.max_difference:.1e}"
            )
        return exported

    def _report(
        self, results: Results, context: RunContext, facts: dict[str, Any]
    ) -> Report:
        job = self.trainer.job
        with reading(self.dataset):
            return run_report(
                run_facts(job, context.folder, facts),
                results,
                self.dataset.examples,
                self.dataset.info.labels,
                self.task.findings(results, facts["phases"], self.recipe),
                self.task.sections(results, self.dataset, job.model),
            )


def _with_size(recipe: Recipe, batch_size: int) -> Recipe:
    data = recipe.data.model_copy(update={"batch_size": batch_size})
    return recipe.model_copy(update={"data": data})


def _load(context: RunContext) -> Dataset:
    recipe = context.recipe
    with context.reporter.stage("check and split data", unit="files") as stage:
        dataset = load_dataset(
            recipe.data,
            seed=recipe.seed,
            split_file=context.folder.split_file,
            progress=stage,
        )
        sizes = ", ".join(f"{len(e)} {s}" for s, e in dataset.examples.items())
        strata = {example.stratum for example in dataset.examples["train"]} - {""}
        stage.detail = f"{sizes}; {len(strata)} classes" if strata else sizes
    for note in dataset.notes:
        context.reporter.say(f"  {note}")
    return dataset


def _exported(
    job: TrainingJob, parent: Path, card: dict[str, Any], results: Results
) -> Any:
    """Publish the model with what its answers need."""
    from tfapp.export.files.publishing import publish_model
    from tfapp.export.spec import Exported
    from tfapp.layers.outputs import logits_model

    dataset, config = job.dataset, job.recipe.export
    examples = dataset.examples["test"] or dataset.examples["train"]
    exported = Exported(
        logits_model(job.model),
        dataset.preprocessor,
        dataset.info,
        results.calibration if config.calibrated else {},
        {"explain": config.explain},
    )
    return publish_model(
        exported,
        job.task.interface,
        parent,
        examples=[dataset.raw(example) for example in examples[: config.examples]],
        card=card,
        tolerance=config.tolerance,
    )
