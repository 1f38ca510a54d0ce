"""Search for better settings of a recipe; killed anywhere, it goes on where it was."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.errors import ConfigError, Interrupted
from tfapp.base.files import require_writable
from tfapp.base.reporter import Reporter
from tfapp.data.detection import require_place
from tfapp.machine.start import native_stderr_aside
from tfapp.recipes.config import NAME_PATTERN, Recipe
from tfapp.recipes.tuning import TuningConfig
from tfapp.tuning.folder import SUFFIX, SearchFolder
from tfapp.tuning.plan import identity, planned
from tfapp.tuning.records import History
from tfapp.tuning.space import Space

if TYPE_CHECKING:
    from tfapp.comparison.compared import Comparison


@dataclass(frozen=True)
class TuneResult:
    """What a search has found so far.

    Args:
        folder: RUNS/NAME_tune.
        history: all trials.
        best_recipe: file to run; None if no trial has a score.
        page: the HTML page.
        judged: best settings and the recipe itself on the test split; None if nobody
            asked.
    """

    folder: Path
    history: History
    best_recipe: Path | None
    page: Path
    judged: "Comparison | None" = None

    def to_json(self) -> dict[str, Any]:
        """Return the trials as JSON-ready tables."""
        best = self.history.best
        return {
            "folder": str(self.folder),
            "best_recipe": str(self.best_recipe or ""),
            "page": str(self.page),
            "best": None if best is None else best.number,
            "judged": None if self.judged is None else self.judged.to_json(),
            "trials": [asdict(trial) for trial in self.history.trials],
        }


def tune(
    recipe: Recipe | str,
    *,
    trials: int = 0,
    minutes: float = 0.0,
    tuner: str = "",
    workers: int = 1,
    seeds: int = 0,
    chief: str = "",
    join: str = "",
    name: str = "",
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
) -> TuneResult:
    """Search the recipe's `[tuning.space]`; the same call goes on with a search.

    Trial 0 is the recipe itself. Every trial is a run without test and export, in its
    own process, in RUNS/NAME_tune/NUMBER.

    Args:
        recipe: a recipe, its name, or its file.
        trials: in all, with those of earlier calls; 0 = as the recipe says.
        minutes: budget of this call; 0 = none.
        tuner: "random", "bayesian", "hyperband" or "grid"; "" = as the recipe says.
        workers: trials at a time; they share the cores.
        seeds: with which the best settings and the recipe itself are trained anew
            and tested, after the search; 0 = not at all.
        chief: HOST:PORT on which to give out trials to workers on other machines, in
            place of running them; "" = not.
        join: HOST:PORT of a chief whose trials to run here; "" = not.
        name: of the search; "" = the recipe's.
        runs_folder: where runs lie.
        saved_models: where the exports of those with `seeds` go.
        reporter: receives every trial; None for one on stderr.

    Returns:
        The trials, the best recipe and the page.

    Raises:
        TfappError: for anything a user can fix.
    """
    end = time.monotonic() + 60.0 * minutes if minutes else float("inf")
    reporter = reporter or Reporter()
    space, config = planned(recipe, trials, tuner)
    if not chief:  # whose workers read the data
        require_place(space.recipe.data.path, space.recipe.data.kind)
    folder = _folder(Path(runs_folder), name or space.recipe.name or "unnamed")
    what = identity(space, config)
    if join:
        return _work(folder, space, config, what, join, workers, end, reporter)
    with folder.locked(), _gone_on_with(folder):
        folder.require_same(what)
        _import_tuner(reporter)
        from tfapp.tuning.local import search_here
        from tfapp.tuning.machines.chief import be_chief
        from tfapp.tuning.machines.protocol import parse_address

        if chief:
            history = be_chief(
                folder, space, config, what, parse_address(chief), end, reporter
            )
        else:
            history = search_here(folder, space, config, workers, end, reporter)
        judged = None
        if seeds:
            places = Path(runs_folder), Path(saved_models)
            judged = _judged(folder, space, config, history, seeds, *places, reporter)
    best = folder.best_recipe if history.best else None
    return TuneResult(folder.folder, history, best, folder.page, judged)


def _judged(
    folder: SearchFolder,
    space: Space,
    config: TuningConfig,
    history: History,
    seeds: int,
    runs_folder: Path,
    saved_models: Path,
    reporter: Reporter,
) -> "Comparison":
    """Test the best settings and the recipe itself, and put it on the page."""
    from tfapp.tuning.judging import judge, verdict_blocks
    from tfapp.tuning.outcome import write_page

    judged = judge(space, history, seeds, runs_folder, saved_models, reporter)
    write_page(folder, space, history, config.tuner, verdict_blocks(judged))
    return judged


@contextmanager
def _gone_on_with(folder: SearchFolder) -> Iterator[None]:
    """Let Ctrl-C end in a line that says how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted. {folder.folder} keeps every trial; the same command goes "
            "on with the search."
        ) from None


def _work(
    folder: SearchFolder,
    space: Space,
    config: TuningConfig,
    identity: Mapping[str, Any],
    address: str,
    workers: int,
    end: float,
    reporter: Reporter,
) -> TuneResult:
    """Run the trials of a chief; what they lead to is on the chief's machine."""
    _import_tuner(reporter)
    from tfapp.tuning.machines.protocol import parse_address
    from tfapp.tuning.machines.worker import be_worker

    address = parse_address(address)
    count = be_worker(folder, space, config, identity, address, workers, end, reporter)
    reporter.say(f"{count} trials were run here for the chief at {address}")
    return TuneResult(folder.folder, History(()), None, folder.page)


def _folder(runs_folder: Path, name: str) -> SearchFolder:
    """Return the folder of a search, which can be written.

    Raises:
        ConfigError: if the name cannot be that of a folder.
        TfappError: if nothing can be written there.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise ConfigError(
            f"--name {name!r} cannot be the name of a search. Expected letters, "
            "digits, dots, underscores and hyphens."
        )
    require_writable(runs_folder)
    return SearchFolder(runs_folder / f"{name}{SUFFIX}")


def _import_tuner(reporter: Reporter) -> None:
    """Import Keras Tuner, and TensorFlow with it, but leave the devices to the trials.

    A process in which TensorFlow has started holds the memory of all GPUs.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with reporter.stage("import Keras Tuner"), native_stderr_aside():
        import keras_tuner  # noqa: F401
