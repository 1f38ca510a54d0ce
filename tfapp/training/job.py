"""What a run trains, on what, and with which means."""

from dataclasses import dataclass
from pathlib import Path

import keras

from tfapp.data.spec import Dataset, Pass
from tfapp.machine.cluster import team
from tfapp.recipes.config import Recipe
from tfapp.tasks.spec import Task
from tfapp.training.inference import seconds_per_input
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.optimizers import class_weights
from tfapp.training.passes import DataPasses, shard
from tfapp.training.phase import Phase, PhasePlan


@dataclass
class TrainingJob:
    """A model, a dataset, and how the one learns from the other.

    Args:
        model: inputs → logits.
        dataset: what to learn from.
        task: loss, metrics and the figure that chooses the best epoch.
        recipe: how to train.
        loop: runs the phases.
        cache: folder in which stored features are kept between runs.
        jit_compile: whether XLA compiles the steps.
        teacher: inputs of the dataset → logits; only with `task.distill`.
        pass_seconds: that one pass over the training inputs takes; 0 without a budget,
            for which alone it is measured.
    """

    model: keras.Model
    dataset: Dataset
    task: Task
    recipe: Recipe
    loop: TrainingLoop
    cache: Path
    jit_compile: bool = False
    teacher: keras.Model | None = None
    pass_seconds: float = 0.0

    def reserve_evaluation(self) -> None:
        """Under a budget, time the network and set aside what evaluation will take."""
        deadline = self.loop.deadline
        if deadline.end is None:
            return
        inputs, *_ = next(self.passes()(0).as_numpy_iterator())
        seconds = team().agree(seconds_per_input(self.model, inputs))
        examples, count = self.dataset.examples, self.dataset.count
        held_out = sum(count(examples[s], False) for s in ("validation", "test"))
        deadline.end -= held_out * seconds
        self.pass_seconds = count(examples["train"], True) * seconds

    @property
    def class_weight(self) -> dict[int, float] | None:
        """Class index → weight of its examples; None if all count the same."""
        if self.task.class_weights == "none":
            return None
        return class_weights(self.dataset.targets(self.dataset.examples["train"]))

    def passes(self) -> DataPasses:
        """Return passes over the training inputs, changed anew in every epoch."""
        servers = tuple(self.recipe.runtime.input_service)
        return DataPasses(self.dataset, self.recipe.seed, servers)

    def whole(self, plan: PhasePlan, deadline: Deadline | None = None) -> Phase:
        """Return a phase that trains the whole model on the inputs themselves."""
        validation = None
        if examples := self.dataset.examples["validation"]:
            index, workers = shard()
            own = examples[index::workers]
            with self.loop.reporter.stage("read validation data"):
                validation = self.dataset.batches(own, Pass()) if own else ()
        return Phase(plan, self.model, self.passes(), validation, deadline)
