"""Look for trouble in data before the first epoch, and change nothing."""

from collections.abc import Sequence

from tfapp import recipes
from tfapp.base.errors import DataError
from tfapp.base.registry import load, union
from tfapp.base.reporter import Reporter
from tfapp.data import check_data
from tfapp.data.report import CheckReport, refuse_damaged, refused
from tfapp.machine.start import start_tensorflow, without
from tfapp.recipes.config import DataConfig
from tfapp.verbs.data_config import data_config


def check(
    data: str, overrides: Sequence[str] = (), *, reporter: Reporter | None = None
) -> CheckReport:
    """Decode every file as training would, and report what is wrong with it.

    Args:
        data: as `data.path`; its kind is recognised.
        overrides: texts such as "data.options.label_column=kind"; of a recipe's keys
            those of `data`, and `task`.
        reporter: receives the progress; None for one on stderr.

    Returns:
        The report: problems, duplicates, counts. Nothing is deleted or moved.

    Raises:
        ConfigError: for a value that cannot be, or an option that the data lacks.
        DataError: if there is nothing to look at.
    """
    reporter = reporter or Reporter()
    settings = recipes.settings(overrides, where="--set")
    config, detected = data_config(settings, data, "check")
    reporter.say(f"task: {detected.task}, because {detected.why}")
    if _needs_tensorflow(config.kind):
        start_tensorflow(reporter, needs_backend=False)
    with reporter.stage("check", unit="files") as stage:
        report = check_data(config, progress=stage)
    return _with_refusal(report, config)


def _needs_tensorflow(kind: str) -> bool:
    """Return whether the check of a kind of data imports TensorFlow at once.

    Others start it themselves, if at all: most folders can be checked without the
    seconds that it takes.
    """
    with without(("tensorflow", "keras")):
        try:
            load("kind of data", union("CHECKS"), kind)
        except ImportError:
            return True
    return False


def _with_refusal(report: CheckReport, config: DataConfig) -> CheckReport:
    """Add that training refuses so many bad files, where it does."""
    try:
        refuse_damaged(report, config.check.max_bad_share)
    except DataError as error:
        return refused(report, error)
    return report
