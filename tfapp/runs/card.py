"""What a run tells about itself: the card beside the model, the facts of the report."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from tfapp import recipes
from tfapp.base import registry
from tfapp.data.spec import Example
from tfapp.runs import Run
from tfapp.runs.failures import reading
from tfapp.tasks.spec import Story

if TYPE_CHECKING:
    from tfapp.domains.images.thumbnails import Maps
    from tfapp.report.blocks import Section
    from tfapp.training.job import TrainingJob

LONG_FIGURES = ("per_class", "per_image", "confusion_matrix", "validation")
"""Left out of the card, which travels with the model; metrics.json has them."""


def card(
    job: "TrainingJob", folder: Run, metrics: dict[str, Any], facts: dict[str, Any]
) -> dict[str, Any]:
    """Return what lies beside the model as tfapp.json, wherever the model goes.

    Args:
        job: what was trained, on what.
        folder: of the run.
        metrics: of the test split.
        facts: versions, seed, device and command.
    """
    return {
        "name": folder.name,
        "run": folder.number,
        "task": job.recipe.task,
        "recipe": recipes.describe(job.recipe),
        "metrics": {k: v for k, v in metrics.items() if k not in LONG_FIGURES},
        "data_fingerprint": job.dataset.info.fingerprint,
        "environment": facts,
    }


def tell(job: "TrainingJob", folder: Run, facts: dict[str, Any]) -> Story:
    """Return what the report tells beside the figures.

    Args:
        job: what was trained, on what.
        folder: of the run.
        facts: as metrics.json holds them under "run".
    """
    from tfapp.report.run_sections import RunFacts

    return Story(
        facts=RunFacts(
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
        ),
        recipe=recipes.describe(job.recipe),
        history=[phase.describe() for phase in job.loop.phases],
        notes=facts["notes"],
        maps=_maps(job),
        sections=_sections(job),
    )


def _maps(job: "TrainingJob") -> "Maps":
    """Return what draws maps over examples; misfortunes become one clear line."""
    from tfapp.domains.images.explanation.mistakes import mistake_maps

    draw = mistake_maps(job.model, job.dataset)

    def draw_or_tell(
        examples: Sequence[Example], classes: Sequence[int]
    ) -> list[bytes]:
        with reading(job.dataset):
            return draw(examples, classes)

    return draw_or_tell


def _sections(job: "TrainingJob") -> "Sequence[Section]":
    """Return the chapters that only some networks have."""
    found: list[Any] = []
    with reading(job.dataset):
        makers = registry.union("NETWORK_SECTIONS")
        for name in makers:
            make = registry.load("section", makers, name)
            found += make(job.model, job.dataset)
    return found


def predict_command(saved_model: Path) -> str:
    """Return the command that predicts with the newest version of an export."""
    return f"tfapp predict {quote(str(saved_model.parent))} PHOTO.jpg"


def _model(job: "TrainingJob") -> str:
    """Return the network in a few words."""
    if job.recipe.fine_tune is None:
        return f"{job.recipe.model.name}, trained from scratch"
    name = job.model.name.removeprefix("transfer_")
    phases = [phase.phase for phase in job.loop.phases]
    return f"{name}, {'fine-tuned' if 'thaw' in phases else 'features'}"
