"""Train, evaluate and export one recipe, or go on with a run that was killed."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from shlex import quote

from tfapp import recipes, runs
from tfapp.base.errors import ConfigError, UnknownNameError
from tfapp.base.files import require_writable
from tfapp.base.reporter import Reporter
from tfapp.data.detection import require_place
from tfapp.machine.cluster import find_cluster, join
from tfapp.recipes.config import Recipe
from tfapp.runs.publish import RunResult
from tfapp.runs.session import execute
from tfapp.runs.workers import begun, cluster_for, resumed


def run(
    recipe: Recipe | str,
    overrides: Sequence[str] = (),
    *,
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
    started: float | None = None,
    notes: Sequence[str] = (),
) -> RunResult:
    """Train, evaluate and export what a recipe describes.

    Args:
        recipe: a recipe, its name, or its file.
        overrides: texts such as "training.epochs=3"; only with a name or file.
        runs_folder: the run becomes runs_folder/NAME/NUMBER.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        reporter: receives every stage; None for one on stderr.
        started: monotonic seconds at which a time budget began; None for now.
        notes: lines for the report and the end of the run.

    Returns:
        Where things are, and the metrics of the test split.

    Raises:
        SystemExit: in a worker that is not the chief, once the chief is done.
        TfappError: for anything a user can fix; nothing half-written is left.
    """
    if not isinstance(recipe, Recipe):
        _refuse_run(recipe, Path(runs_folder))
        recipe = recipes.load_recipe(recipe, overrides)
    elif overrides:
        raise TypeError("`overrides` go with a recipe's name or file.")
    reporter = reporter or Reporter()
    began = time.monotonic() if started is None else started
    require_place(recipe.data.path, recipe.data.kind)
    require_writable(Path(saved_models) / (recipe.name or "unnamed"))
    root, models = Path(runs_folder), Path(saved_models)
    with (
        join(cluster_for(recipe.runtime)) as member,
        begun(member, recipe, root, reporter) as (folder, own_reporter),
    ):
        return execute(recipe, folder, models, own_reporter, began=began, notes=notes)


def resume(
    name: str,
    overrides: Sequence[str] = (),
    *,
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
) -> RunResult:
    """Go on with a run that was killed or failed, from its last saved state.

    The rest of the run is what it would have been: the same order of the data, the
    same random streams, the same learning rates.

    Args:
        name: folder of the run, "NAME/NUMBER", or a recipe's name or file for the
            newest of its runs that did not finish.
        overrides: refused: a run goes on as it began.
        runs_folder: where runs are.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        reporter: receives every stage; None for one on stderr.

    Returns:
        As `run`.

    Raises:
        ConfigError: if there is nothing to resume, or the run is still going on.
        TfappError: for anything else that a user can fix.
    """
    if overrides:
        raise ConfigError(
            f"`--set {overrides[0]}` cannot change a run that is resumed. Leave it "
            "out, or begin a new run without --resume."
        )
    reporter = reporter or Reporter()
    with ExitStack() as stack:
        member = stack.enter_context(join(find_cluster()))
        place = None
        if member.is_chief:
            place = runs.find_unfinished(name, Path(runs_folder))
            require_writable(Path(saved_models) / place.name)
        own = stack.enter_context(resumed(member, place, reporter))
        folder, own_reporter = own
        return execute(
            folder.recipe(),
            folder,
            Path(saved_models),
            own_reporter,
            began=time.monotonic() - folder.seconds_trained(),
            resumed=True,
        )


def _refuse_run(text: str, root: Path) -> None:
    """Say that a name is that of a run, where no recipe is called so."""
    try:
        recipes.find(text)
    except UnknownNameError:
        run = runs.newest(text, root)
        if run is None or not run.recipe_file.is_file():
            return  # the recipe's own error names those that there are
        status = run.status()
        way_on = f"or go on with it: `{run.resume_command}`"
        if status == "complete":
            name = quote(f"{run.name}/{run.number}")
            way_on = (
                f"or look at it: `tfapp evaluate {name}`, `tfapp predict {name} FILE`"
            )
        raise ConfigError(
            f"{text!r} is a run, not a recipe: {run.folder}, {status}. Run its recipe "
            f"again with `tfapp run {quote(str(run.recipe_file))}`, {way_on}."
        ) from None
