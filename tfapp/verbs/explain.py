"""Explain to a person why a run's model answers as it does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tfapp import runs
from tfapp.base import registry
from tfapp.base.errors import ConfigError, ModelError
from tfapp.base.files import require_writable
from tfapp.base.reporter import Reporter
from tfapp.runs import Run

TABLE = "EXPLAINED"
"""Name of a domain's table: task → function of a `Run` and the inputs, with the options
of `explain` and the `folder` to write to, that returns `Explained`."""
FOLDER = "explanations"
"""In the folder of a run."""


class Explained(Protocol):
    """The explanations of some inputs."""

    @property
    def folder(self) -> Path:
        """Where they were written."""

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return headings, and a row of cells for each input."""

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready facts on the model and every input."""

    def require_good(self) -> None:
        """Refuse to pass over inputs that could not be explained.

        Raises:
            DataError: with their number and the first of them.
        """


def explain(
    run: str,
    inputs: Sequence[str],
    *,
    methods: Sequence[str] = (),
    label: str = "",
    out: Path | str = "",
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Any:
    """Show what in an input decides its answer, in the way of the run's domain.

    Args:
        run: NAME (its latest complete run), NAME/NUMBER, or the run's folder.
        inputs: files, folders (searched through), or glob patterns.
        methods: kinds of explanation; () for all that the model and its data allow.
        label: another class or tag to explain next to the predicted one; "" for none.
        out: folder of what is written; "" = the folder `explanations` of the run.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Returns:
        `Explained`: one row per input; one that cannot be read has an error.

    Raises:
        TfappError: if there is no such run, model, class or input, or if a method
            that was named cannot explain the model.
    """
    complete = runs.find(run, Path(runs_folder))
    complete.card()  # refuses a run that did not finish
    task = complete.recipe().task
    explainers = registry.union(TABLE)
    if task not in explainers:
        raise ConfigError(
            f"{complete.folder} is of task {task!r}, and only runs of "
            f"{', '.join(explainers)} can be explained."
        )
    _require_model(complete)
    folder = Path(out).expanduser() if str(out) else complete.folder / FOLDER
    require_writable(folder)
    return registry.load("task", explainers, task)(
        complete,
        inputs,
        methods=methods,
        label=label,
        folder=folder,
        reporter=reporter or Reporter(),
    )


def _require_model(run: Run) -> None:
    """Refuse a folder that is no run, or a run whose model was removed."""
    if not run.model_file.is_file():
        raise ModelError(
            f"{run.folder} has no model.keras, which explanations need: it is no "
            "run, or its model was removed. Expected NAME, NAME/NUMBER or the folder "
            "of a complete run."
        )
