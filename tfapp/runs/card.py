"""Facts about a run: the card next to the model, the facts of the report."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from tfapp import recipes
from tfapp.data.spec import Dataset
from tfapp.runs import Run
from tfapp.tasks.results import Results

if TYPE_CHECKING:
    from tfapp.report.run_sections import RunFacts
    from tfapp.training.job import TrainingJob


def card(
    job: "TrainingJob", folder: Run, results: Results, facts: dict[str, Any]
) -> dict[str, Any]:
    """Return what lies next to the model as tfapp.json, wherever the model goes.

    Args:
        job: what was trained, on what.
        folder: of the run.
        results: of the test split; tables among the figures are left out, because
            the card travels with the model.
        facts: versions, seed, device and command.
    """
    return {
        "name": folder.name,
        "run": folder.number,
        "task": job.recipe.task,
        "recipe": recipes.describe(job.recipe),
        "metrics": {k: v for k, v in results.figures.items() if _is_short(v)},
        "data_fingerprint": job.dataset.info.fingerprint,
        "environment": facts,
    }


def run_facts(job: "TrainingJob", folder: Run, facts: dict[str, Any]) -> "RunFacts":
    """Return where, when and with what a run was made, for its report.

    Args:
        job: what was trained, on what.
        folder: of the run.
        facts: as metrics.json holds them under "run".
    """
    from tfapp.report.run_sections import RunFacts

    return RunFacts(
        name=folder.name,
        number=folder.number,
        command=" ".join(facts["command"]),
        model=_model(job),
        saved_model=facts["saved_model"],
        predict_command=predict_command(Path(facts["saved_model"])),
        started=facts["started"],
        seconds=facts["seconds"],
        waiting={f"phase {p.phase}": p.waiting_share for p in job.loop.phases},
        peak_memory_bytes=facts["peak_memory_bytes"],
        device=facts["device"],
        versions=facts["versions"],
        git_commit=facts["git_commit"],
        seed=facts["seed"],
        fingerprint=job.dataset.info.fingerprint,
        recipe=recipes.describe(job.recipe),
        history=facts["phases"],
        notes=facts["notes"],
    )


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """Return what a comparison has to know of a run's data, JSON-ready."""
    from tfapp.report.run_sections import strata_of

    labels, strata = dataset.info.labels, strata_of(dataset.examples)
    return {
        "examples": {split: len(rows) for split, rows in dataset.examples.items()},
        "labels": list(labels),
        "strata": len(labels) if strata <= set(labels) else 1,
    }


def predict_command(saved_model: Path) -> str:
    """Return the command that predicts with the newest version of an export."""
    return f"tfapp predict {quote(str(saved_model.parent))} FILE"


def _model(job: "TrainingJob") -> str:
    """Return the network in a few words."""
    if job.recipe.fine_tune is None:
        return f"{job.recipe.model.name}, trained from scratch"
    name = job.model.name.removeprefix("transfer_")
    phases = [phase.phase for phase in job.loop.phases]
    return f"{name}, {'fine-tuned' if 'thaw' in phases else 'features'}"


def _is_short(value: Any) -> bool:
    """Say whether a figure is a number, a text or an interval."""
    if isinstance(value, list):
        return len(value) == 2 and not any(isinstance(v, list | dict) for v in value)
    return not isinstance(value, dict)
