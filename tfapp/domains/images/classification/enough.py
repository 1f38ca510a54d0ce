"""How many images a classifier needs."""

from tfapp.base.errors import DataError
from tfapp.data.report import CheckReport


def require_enough(report: CheckReport) -> None:
    """Refuse a set from which three splits cannot be made.

    Args:
        report: of the check.

    Raises:
        DataError: if there are fewer than 3 images a class on average, or a class has
            a single one.
    """
    if report.usable < 3 * len(report.per_class):
        raise DataError(
            f"{report.usable} images of {len(report.per_class)} classes are too few to "
            "learn from. Expected at least 3 images of each class."
        )
    if single := [name for name, count in report.per_class.items() if count < 2]:
        raise DataError(
            f"{report.name}: class {single[0]!r} has {report.per_class[single[0]]} "
            "usable images: nothing would be left to test it on. Expected at least 3 "
            "of each class; add images or remove the class."
        )
