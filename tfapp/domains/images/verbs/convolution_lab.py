"""Work out what a convolution is, on a picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.errors import DataError
from tfapp.base.files import require_writable
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow

if TYPE_CHECKING:
    import numpy as np

    from tfapp.domains.images.lab.checks import Check

PAGE = "convolution.html"
LONGEST, SHORTEST = 400, 16
"""Pixels: larger pictures are made smaller, smaller ones are refused."""


@dataclass(frozen=True)
class ConvolutionLab:
    """What the lab has found.

    Args:
        page: the report.
        checks: statements, and how far the numbers are from them.
        filter_error: largest error of a number of the learnt filters.
    """

    page: Path
    checks: "tuple[Check, ...]"
    filter_error: float

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready table."""
        return {
            "page": str(self.page),
            "filter_error": self.filter_error,
            "checks": [
                {
                    "statement": check.statement,
                    "difference": check.difference,
                    "limit": check.limit,
                    "holds": check.holds,
                }
                for check in self.checks
            ],
        }


def convolution_lab(
    image: Path | str,
    *,
    out: Path | str = "lab",
    reporter: Reporter | None = None,
) -> ConvolutionLab:
    """Filter a picture, show convolutions as matrices, and let a layer learn Sobel.

    Args:
        image: a picture file.
        out: folder of the page, convolution.html.
        reporter: receives the progress; None for one on stderr.

    Raises:
        DataError: if the picture cannot be read, or is too small or of one grey.
        TfappError: if the page cannot be written.
    """
    reporter = reporter or Reporter()
    path, page = Path(image).expanduser(), Path(out).expanduser() / PAGE
    picture = _grey(path)
    require_writable(page)
    start_tensorflow(reporter)
    import numpy as np

    from tfapp.domains.images.lab.checks import checks
    from tfapp.domains.images.lab.filters import SOBEL_X, SOBEL_Y
    from tfapp.domains.images.lab.learning import learn_filters
    from tfapp.domains.images.lab.page import lab_report
    from tfapp.report.page import write_report

    with reporter.stage("check statements"):
        results = checks()
    with reporter.stage("learn Sobel's filters"):
        learnt = learn_filters(picture, np.stack([SOBEL_X, SOBEL_Y]))
    page.parent.mkdir(parents=True, exist_ok=True)
    write_report(page, lab_report(path.name, picture, learnt, results))
    return ConvolutionLab(page, results, learnt.error)


def _grey(path: Path) -> "np.ndarray":
    """Return a picture, (height, width), grey in [0, 255], upright."""
    import numpy as np
    from PIL import Image, ImageOps

    if not path.is_file():
        raise DataError(f"There is no picture {str(path)!r}. Name a file.")
    try:
        with Image.open(path) as file:
            upright = ImageOps.exif_transpose(file).convert("L")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f"{str(path)!r} cannot be read as a picture: {error}. Expected a JPEG, PNG "
            "or other common picture file."
        ) from None
    upright.thumbnail((LONGEST, LONGEST))
    grey = np.asarray(upright, float)
    if min(grey.shape) < SHORTEST or grey.min() == grey.max():
        raise DataError(
            f"{str(path)!r} shows nothing to filter: expected at least {SHORTEST}x"
            f"{SHORTEST} pixels that are not all the same. Received: {grey.shape[0]}x"
            f"{grey.shape[1]}, greys from {grey.min():.0f} to {grey.max():.0f}."
        )
    return grey
