"""Look for trouble in data before the first epoch, and change nothing."""

from tfapp.base.reporter import Reporter
from tfapp.data import check_data, kind_of
from tfapp.data.report import CheckReport
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import DataConfig


def check(data: str, *, reporter: Reporter | None = None) -> CheckReport:
    """Decode every file as training would, and report what is wrong with it.

    Args:
        data: folder, .csv, .npz, tfds:NAME or digits; a folder of images/ and masks/
            is recognised.
        reporter: hears of the progress; None for one on stderr.

    Returns:
        What was found: problems, duplicates, counts. Nothing is deleted or moved.

    Raises:
        DataError: if there is nothing to look at.
    """
    reporter = reporter or Reporter()
    kind = kind_of(data)
    start_tensorflow(reporter)
    with reporter.stage("check", unit="files") as stage:
        return check_data(DataConfig(path=data, name=kind), progress=stage)
