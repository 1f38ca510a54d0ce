"""How a run computes: chosen once, announced in one line, recorded with the run."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tfapp.base.cache_dir import default_cache_dir
from tfapp.base.reporter import Reporter
from tfapp.data.spec import Dataset, Pass
from tfapp.machine.cluster import by_chief
from tfapp.recipes.config import Recipe

if TYPE_CHECKING:
    from tfapp.tasks.spec import Task
    from tfapp.training.speed.precision import PrecisionChoice

SAMPLE = 16
"""Examples on which precisions are compared."""


def choose(
    recipe: Recipe,
    dataset: Dataset,
    task: "Task",
    strategy: Any,
    build: Callable[[], Any],
    reporter: Reporter,
    facts: dict[str, Any],
) -> "PrecisionChoice":
    """Return the precision of a run, and whether XLA compiles its steps.

    Of several workers the chief measures, and the others take its choice.

    A run that is resumed goes on as it began: its recorded recipe names both.

    Args:
        recipe: of the run.
        dataset: gives a sample, and the amount of work.
        task: of the run.
        strategy: of the run.
        build: builds the network under the dtype policy that is current.
        reporter: receives the progress of measuring.
        facts: of the run; "resumed" if it is.
    """
    from tfapp.training.speed.precision import PrecisionChoice, choose_precision

    def sample() -> tuple[Any, Any]:
        with reporter.stage("read a sample"):
            few = dataset.batches(dataset.examples["train"][:SAMPLE], Pass())
            inputs, targets, *_ = next(few.as_numpy_iterator())
        return inputs, targets

    def chosen() -> PrecisionChoice:
        runtime = recipe.runtime
        if facts.get("resumed") and "auto" not in (runtime.precision, runtime.compile):
            compiled = runtime.compile == "on"
            return PrecisionChoice(runtime.precision, "as the run began", compiled)
        return choose_precision(
            recipe,
            build=build,
            sample=sample,
            num_inputs=_feature_inputs(recipe, dataset),
            steps=_steps(recipe, dataset),
            task=task,
            info=dataset.info,
            cache_dir=default_cache_dir(),
            reporter=reporter,
            replicas=strategy.num_replicas_in_sync,
        )

    return PrecisionChoice(**by_chief(lambda: asdict(chosen())))


def resolved(recipe: Recipe, choice: "PrecisionChoice") -> Recipe:
    """Return the recipe with what was chosen for it, as it is recorded."""
    chosen = {
        "precision": choice.policy,
        "compile": "on" if choice.jit_compile else "off",
    }
    runtime = recipe.runtime.model_copy(update=chosen)
    return recipe.model_copy(update={"runtime": runtime})


def announce(
    strategy: Any,
    recipe: Recipe,
    choice: "PrecisionChoice",
    dataset: Dataset,
    facts: dict[str, Any],
) -> str:
    """Return the one line on device, precision, caches and threads."""
    from tfapp.training import devices

    cache = [note.split(" (")[0] for note in dataset.notes if note.startswith("cache")]
    tune = recipe.fine_tune
    stored = tune is not None and tune.head.views
    parts = ["features stored"] if stored else cache
    parts = [*parts, *facts.pop("process", ())]
    return devices.describe(strategy, recipe.runtime, choice, parts)


def _feature_inputs(recipe: Recipe, dataset: Dataset) -> int:
    """Return how many inputs the frozen extractor computes, at most."""
    if recipe.fine_tune is None or not recipe.fine_tune.head.views:
        return 0
    views = recipe.fine_tune.head.views if dataset.augmentation else 1
    sizes = {split: len(examples) for split, examples in dataset.examples.items()}
    return views * sizes["train"] + sizes["validation"] + sizes["test"]


def _steps(recipe: Recipe, dataset: Dataset) -> int:
    """Return the number of training steps on whole inputs, of every phase."""
    inputs = dataset.count(dataset.examples["train"], True)
    per_epoch = -(-inputs // recipe.data.batch_size)
    tune = recipe.fine_tune
    if tune is None:
        return per_epoch * recipe.training.epochs
    head = 0 if tune.head.views else tune.head.epochs
    return per_epoch * (head + (tune.thaw.epochs if tune.thaw else 0))
