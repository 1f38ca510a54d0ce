"""One recipe in one folder: start, prepare, train, finish, publish."""

import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp import recipes, runs
from tfapp.base import provenance
from tfapp.base.errors import DamageError
from tfapp.base.reporter import Reporter
from tfapp.base.storage.checksums import read_sealed
from tfapp.machine.cluster import alone, team
from tfapp.machine.messages import messages_in
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import Recipe
from tfapp.recipes.plan import seconds_kept
from tfapp.runs import Run
from tfapp.runs.publish import RunResult, publish
from tfapp.runs.status import STARTING, TRAINED, TRAINING, recording
from tfapp.runs.watching.line import Line
from tfapp.runs.workers.experiments import experiment_of

if TYPE_CHECKING:
    from tfapp.runs.experiment import Experiment, RunContext
    from tfapp.training.loop.history import PhaseHistory
    from tfapp.training.loop.training_loop import TrainingLoop


def execute(
    recipe: Recipe,
    folder: Run,
    saved_models: Path,
    reporter: Reporter,
    *,
    began: float,
    resumed: bool = False,
    notes: Sequence[str] = (),
) -> RunResult:
    """Do what a recipe describes in a run's folder, and publish the outcome.

    What an earlier process left in the folder is used: its split, its finished
    phases, the state of the phase in which it was killed.

    Args:
        recipe: what to do.
        folder: of the run; no other process may work in it.
        saved_models: an exported model becomes saved_models/NAME/VERSION.
        reporter: receives every stage.
        began: monotonic seconds at which the time budget began.
        resumed: whether the folder is that of a run that was killed or failed.
        notes: lines for the report and the end of the run.

    Raises:
        TfappError: for anything a user can fix; nothing half-written is left.
    """
    status = TRAINING if resumed else STARTING
    with recording(folder, status), messages_in(folder.folder / "messages.log"):
        context = _begin(recipe, folder, saved_models, reporter, began, resumed)
        context.loop.notes.extend(notes)
        return replace(_run(experiment_of(recipe), context), notes=tuple(notes))


def rehearse(
    recipe: Recipe,
    folder: Run,
    reporter: Reporter,
    *,
    began: float,
    resumed: bool,
    watch: "Callable[[TrainingLoop, PhaseHistory], bool]",
) -> "TrainingLoop":
    """Train as `execute` does; a later `resume` evaluates, exports and reports.

    Args:
        recipe: what to do.
        folder: of the run; what an earlier process left in it is used.
        reporter: receives every stage.
        began: monotonic seconds at which the time budget began.
        resumed: whether the folder is that of a run that was killed or paused.
        watch: is given the loop, whose finished phases it has, and the phase so far
            after each round; returns whether to pause there.

    Returns:
        The loop, with the phases that are finished.

    Raises:
        TfappError: for anything a user can fix.
    """
    from tfapp.training.loop.history import Paused

    status = TRAINING if resumed else STARTING
    messages = messages_in(folder.folder / "messages.log")
    with recording(folder, status, TRAINED), messages:
        context = _begin(recipe, folder, folder.folder, reporter, began, resumed)
        loop = context.loop
        loop.watch = lambda history: watch(loop, history)
        with suppress(Paused), _train(experiment_of(recipe), context):
            pass
        return loop


@contextmanager
def prepared(
    recipe: Recipe, reporter: Reporter
) -> "Iterator[tuple[Experiment, RunContext]]":
    """Prepare a recipe's experiment in a folder that is removed afterwards.

    Args:
        recipe: what to prepare.
        reporter: receives every stage.

    Yields:
        The experiment, ready to train, and its context.
    """
    with tempfile.TemporaryDirectory(prefix="tfapp-") as place:
        folder = runs.create(Path(place), recipe.name or "unnamed")
        began = time.monotonic()
        context = _begin(recipe, folder, Path(place), reporter, began, resumed=False)
        from tfapp.training import devices  # TensorFlow has started without a word

        experiment = experiment_of(recipe)
        with devices.numerics(recipe.runtime, recipe.seed):
            experiment.prepare(context)
            with context.strategy.scope():
                yield experiment, context


def _begin(
    recipe: Recipe,
    folder: Run,
    saved_models: Path,
    reporter: Reporter,
    began: float,
    resumed: bool,
) -> "RunContext":
    facts = provenance.environment() | {"seed": recipe.seed}
    facts["id"] = _identity(folder)
    folder.clear_leftovers(saved_models)
    if resumed:
        facts["resumed"] = True
        for line in _changed_versions(folder, facts):
            reporter.say(line)
    else:
        runs.record_start(folder, recipes.to_toml(recipe), facts)
    facts["process"] = start_tensorflow(reporter, recipe.runtime)
    with reporter.stage("import the task"):
        context = _context(recipe, folder, saved_models, reporter, facts, began)
        experiment_of(recipe)  # its modules import for a second
    return context


def _run(experiment: "Experiment", context: "RunContext") -> RunResult:
    line = Line(context.folder, context.recipe.runtime.watch != "off")
    with line.ended(), _train(experiment, context, line.begin):
        if not team().is_chief:
            team().wait()
            raise SystemExit(0)  # what follows is the chief's
        with alone():
            result = publish(experiment.finish(context), context)
            line.succeed(result.results)
        team().wait()
        return result


@contextmanager
def _train(
    experiment: "Experiment",
    context: "RunContext",
    begun: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Prepare and train; what follows happens under the numerics of the run."""
    from tfapp.training import devices

    recipe = context.recipe
    with devices.numerics(recipe.runtime, recipe.seed):
        experiment.prepare(context)
        context.folder.set_status(TRAINING)
        begun()
        with context.strategy.scope():
            experiment.train(context)
        yield


def _context(
    recipe: Recipe,
    folder: Run,
    saved_models: Path,
    reporter: Reporter,
    facts: dict[str, Any],
    began: float,
) -> "RunContext":
    from tfapp.runs.experiment import RunContext
    from tfapp.runs.watching.writer import watching
    from tfapp.training import devices
    from tfapp.training.loop.deadline import Deadline
    from tfapp.training.loop.training_loop import TrainingLoop

    minutes = recipe.runtime.minutes
    loop = TrainingLoop(
        folder.folder,
        reporter,
        Deadline(minutes, began, seconds_kept(minutes)),
        recipe.training.patience,
        recipe.runtime.checkpoint_seconds,
        watching=watching(recipe.runtime),
    )
    strategy = devices.make_strategy(recipe.runtime)
    return RunContext(
        recipe, folder, saved_models, reporter, strategy, loop, facts, began
    )


def _environment(folder: Run) -> dict[str, Any]:
    return dict(json.loads(read_sealed(folder.folder / "environment.json")))


def _identity(folder: Run) -> str:
    """Return what tells this run from every other, also after its folder has moved."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(_environment(folder)["id"])
    return uuid.uuid4().hex


def _changed_versions(folder: Run, facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line on every package whose version is not that of the beginning."""
    try:
        before = _environment(folder)["versions"]
    except DamageError as error:
        yield f"  {error}"
        return
    except (OSError, ValueError, KeyError, TypeError):
        return
    for name, version in facts["versions"].items():
        if before.get(name, version) != version:
            yield f"  {name} is {version} now; the run began with {before[name]}"
