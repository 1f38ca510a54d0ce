"""What a recipe does in a run's folder, and what it is given for that."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tfapp.base.reporter import Reporter
from tfapp.recipes.config import Recipe
from tfapp.runs import Run
from tfapp.tasks.outcome import Outcome

if TYPE_CHECKING:
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


class Experiment(Protocol):
    """What a recipe does, in three steps that a killed run repeats."""

    def prepare(self, context: RunContext) -> None:
        """Refuse cheaply what cannot work, then load and build."""

    def train(self, context: RunContext) -> None:
        """Train; killed anywhere, it goes on from its last state."""

    def finish(self, context: RunContext) -> Outcome:
        """Evaluate and export what was trained."""
