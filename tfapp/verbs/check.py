"""Look for trouble in data before the first epoch, and change nothing."""

from dataclasses import replace

from tfapp.base import registry
from tfapp.base.errors import TfappError
from tfapp.base.reporter import Reporter
from tfapp.data import check_data
from tfapp.data.detection import Detected, detect
from tfapp.data.faults import Problem
from tfapp.data.report import CheckReport, refuse_damaged
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import DataConfig
from tfapp.recipes.plan import Machine


def check(data: str, *, reporter: Reporter | None = None) -> CheckReport:
    """Decode every file as training would, and report what is wrong with it.

    Args:
        data: as `data.path`; its kind is recognised.
        reporter: receives the progress; None for one on stderr.

    Returns:
        The report: problems, duplicates, counts. Nothing is deleted or moved.

    Raises:
        DataError: if there is nothing to look at.
    """
    reporter = reporter or Reporter()
    detected = detect(data)
    start_tensorflow(reporter, needs_backend=False)
    with reporter.stage("check", unit="files") as stage:
        config = DataConfig(path=data, kind=detected.data)
        report = check_data(config, progress=stage)
    return _with_refusals(report, config, detected)


def _with_refusals(
    report: CheckReport, config: DataConfig, detected: Detected
) -> CheckReport:
    """Add what `fit` would refuse."""
    try:
        refuse_damaged(report, config.check.max_bad_share)
        plans = registry.union("PLANS")
        registry.load("task", plans, detected.task)(report, Machine(0))
    except TfappError as error:
        refusal = Problem("", "fit", "refused", str(error))
        return replace(report, problems=(*report.problems, refusal))
    return report
