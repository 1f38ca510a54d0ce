"""Look for trouble in data before the first epoch, and change nothing."""

from tfapp.base.errors import DataError
from tfapp.base.reporter import Reporter
from tfapp.data import check_data
from tfapp.data.detection import detect
from tfapp.data.report import CheckReport, refuse_damaged, refused
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import DataConfig


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
    reporter.say(f"task: {detected.task}, because {detected.why}")
    start_tensorflow(reporter, needs_backend=False)
    with reporter.stage("check", unit="files") as stage:
        config = DataConfig(path=data, kind=detected.data)
        report = check_data(config, progress=stage)
    return _with_refusal(report, config)


def _with_refusal(report: CheckReport, config: DataConfig) -> CheckReport:
    """Add that training refuses so many bad files, where it does."""
    try:
        refuse_damaged(report, config.check.max_bad_share)
    except DataError as error:
        return refused(report, error)
    return report
