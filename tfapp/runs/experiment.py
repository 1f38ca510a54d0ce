"""What a recipe does in a run's folder, and what it is given for that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tfapp.base.reporter import Reporter
from tfapp.recipes.config import Recipe
from tfapp.runs import Run
from tfapp.tasks.results import Results

if TYPE_CHECKING:
    from tfapp.report.blocks import Report
    from tfapp.training.loop.training_loop import TrainingLoop


@dataclass(frozen=True)
class RunContext:
    """What every experiment is given.

    Args:
        recipe: what to do.
        folder: of the run; what an earlier process left in it is used.
        saved_models: an exported model becomes saved_models/NAME/VERSION.
        reporter: receives every stage.
        strategy: tf.distribute strategy; variables are made in its scope.
        loop: runs workloads as phases, within the run's deadline.
        facts: versions, seed, command and the like, for metrics.json; experiments add
            theirs.
        began: monotonic seconds at which the run began.
    """

    recipe: Recipe
    folder: Run
    saved_models: Path
    reporter: Reporter
    strategy: Any
    loop: "TrainingLoop"
    facts: dict[str, Any]
    began: float


@dataclass(frozen=True)
class Outcome:
    """What an experiment leaves to be published.

    Args:
        results: for metrics.json, scores.csv and the terminal.
        report: returns the page, given the facts of the finished run.
        model: keras.Model for model.keras; None for none.
        card: tfapp.json next to the model.
        saved_model: folder of the exported model; None for none.
        data: what a comparison has to know of the data: "examples" of each split,
            "labels" of the outputs and "strata", the number of classes; {} for none.
        notes: lines about the data.
    """

    results: Results
    report: "Callable[[dict[str, Any]], Report]"
    model: Any = None
    card: Mapping[str, Any] = field(default_factory=dict)
    saved_model: Path | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Experiment(Protocol):
    """What a recipe does, in three steps that a killed run repeats."""

    def prepare(self, context: RunContext) -> None:
        """Refuse cheaply what cannot work, then load and build."""

    def train(self, context: RunContext) -> None:
        """Train; killed anywhere, it goes on from its last state."""

    def finish(self, context: RunContext) -> Outcome:
        """Evaluate and export what was trained."""
