"""The page of the convolution lab: pictures, matrices, gradients, a learnt filter."""

import io

import numpy as np
from PIL import Image

from tfapp.domains.images.lab.axes import examples, find_axes
from tfapp.domains.images.lab.checks import LAYERS, Check
from tfapp.domains.images.lab.filters import (
    GAUSSIAN,
    SOBEL_X,
    SOBEL_Y,
    convolve,
    correlate,
    magnitude,
)
from tfapp.domains.images.lab.learning import LearntFilters
from tfapp.domains.images.lab.matrices import convolution_matrix, toeplitz
from tfapp.report.blocks import (
    Block,
    Columns,
    Fact,
    Gallery,
    Paragraph,
    Picture,
    Report,
    Section,
    Table,
    Tile,
)
from tfapp.report.style import PALETTE, look, new_figure, to_svg

SCALE = 12
"""Pixels a number of a matrix takes on the page."""


def lab_report(
    name: str, picture: np.ndarray, learnt: LearntFilters, results: tuple[Check, ...]
) -> Report:
    """Return the whole page.

    Args:
        name: of the picture's file.
        picture: (height, width), grey in [0, 255].
        learnt: Sobel's two filters, learnt from this picture.
        results: of all checks.
    """
    kept = sum(check.holds for check in results)
    return Report(
        "Convolution lab",
        f"{name}, {picture.shape[0]} × {picture.shape[1]} pixels",
        (
            Fact("Statements that hold", f"{kept} of {len(results)}"),
            Fact("Learnt filter", f"{learnt.error:.1e}", "largest error of a number"),
        ),
        (
            _filters(picture),
            _matrices(),
            _axes(),
            _learning(picture, learnt),
            _statements(results),
        ),
    )


def _filters(picture: np.ndarray) -> Section:
    right, down = correlate(picture, SOBEL_X), correlate(picture, SOBEL_Y)
    tiles = {
        "the picture": picture,
        "Gaussian 5×5 / 273": correlate(picture, GAUSSIAN, padding="same"),
        "Sobel: rises to the right": _signed(right),
        "Sobel: rises downwards": _signed(down),
        "magnitude of both": _bright(magnitude(picture)),
        "convolution by Sobel: the negative": _signed(convolve(picture, SOBEL_X)),
    }
    blocks = (
        _gallery(tiles),
        Columns((_numbers(GAUSSIAN * 273, "Gaussian, times 273", "{:.0f}"),)),
        Columns(
            (
                _numbers(SOBEL_X, "Sobel, to the right", "{:.0f}"),
                _numbers(SOBEL_Y, "Sobel, downwards", "{:.0f}"),
            )
        ),
    )
    lead = (
        "A filter slides over the picture; each place of the answer is the sum of the "
        "pixels under the filter times its numbers. That is correlation, which is what "
        "a convolutional layer computes; a convolution turns the filter by half a turn "
        "first."
    )
    return Section("Filters set by hand", lead, blocks)


def _matrices() -> Section:
    w = np.array([1.0, 2.0, 3.0])
    line = toeplitz(w, 6)
    kernel = np.arange(1.0, 10.0).reshape(3, 3, 1, 1)
    tiles = {
        name: _enlarged(
            convolution_matrix(
                (6, 6, 1), kernel, int(kind["stride"]), str(kind["padding"])
            )
        )
        for name, kind in LAYERS.items()
    }
    blocks: tuple[Block, ...] = (
        Columns(
            (
                _numbers(line, "W of the filter 1 2 3 on six numbers", "{:.0f}"),
                _numbers(line.T, "its transpose: the gradient's way back", "{:.0f}"),
            )
        ),
        Paragraph(
            "In two dimensions the matrix consists of such blocks, one for each pair "
            "of a row of the answer and a row of the picture. Below: a filter of 3 × 3 "
            "on a picture of 6 × 6, a column for each of its 36 pixels, a row for each "
            "number of the answer; zeros are white."
        ),
        _gallery(tiles, large=True),
    )
    lead = (
        "A convolution is linear, so it is a matrix: the same few numbers in every "
        "row. Its transpose takes the gradient back."
    )
    return Section("A convolution is a matrix", lead, blocks)


def _axes() -> Section:
    blocks: list[Block] = []
    for name, image in examples().items():
        search = find_axes(image)
        decision = "axes" if search.axes else "no axes"
        blocks.append(
            Columns(
                (
                    _numbers(image, f"{name}: {decision}", "{:.0f}"),
                    _numbers(search.upright, "upright filter", "{:.0f}"),
                    _numbers(search.pooled_upright, "pooled", "{:.0f}"),
                    _numbers(search.level, "level filter", "{:.0f}"),
                    _numbers(search.pooled_level, "pooled", "{:.0f}"),
                )
            )
        )
    lead = (
        "Two filters set by hand, one for upright lines and one for level ones, and "
        "max pooling of 2 × 2: there are axes where both find at least 4."
    )
    return Section("Finding axes", lead, tuple(blocks))


def _learning(picture: np.ndarray, learnt: LearntFilters) -> Section:
    with look():
        figure = new_figure(5.0, 2.4)
        axes = figure.add_subplot()
        axes.semilogy(learnt.losses, color=PALETTE["accent"])
        axes.set_xlabel("step")
        axes.set_title("Mean squared error")
    course = Picture(
        to_svg(figure), f"From {learnt.losses[0]:.2g} to {learnt.losses[-1]:.2g}."
    )
    edges = np.hypot(*(correlate(picture, w) for w in learnt.filters))
    tables = [
        _numbers(w, f"learnt, {name}", "{:.4f}")
        for w, name in zip(learnt.filters, ("to the right", "downwards"), strict=True)
    ]
    tiles = {
        "magnitude by Sobel": _bright(magnitude(picture)),
        "magnitude by the learnt filters": _bright(edges),
    }
    lead = (
        "A layer with random filters is shown pixels of this picture, and what Sobel "
        "makes of them; gradient descent finds Sobel's numbers."
    )
    blocks = (course, Columns(tuple(tables)), _gallery(tiles))
    return Section("Let the network learn the right filters", lead, blocks)


def _statements(results: tuple[Check, ...]) -> Section:
    rows = tuple(
        (
            check.statement,
            "holds" if check.holds else "FAILS",
            f"{check.difference:.1e}",
            f"{check.limit:.0e}",
        )
        for check in results
    )
    header = ("statement", "", "difference", "limit")
    lead = "Matrices, gradients by hand, automatic ones and finite differences agree."
    table = Table(header, rows, "Every statement, checked by numbers", 2)
    return Section("Checked by numbers", lead, (table,))


def _numbers(values: np.ndarray, caption: str, form: str) -> Table:
    rows = tuple(tuple(form.format(v + 0.0) for v in row) for row in values)
    return Table(("",) * values.shape[1], rows, caption, text_columns=0)


def _gallery(pictures: dict[str, np.ndarray], large: bool = False) -> Gallery:
    tiles = (Tile(_png(p), "image/png", caption) for caption, p in pictures.items())
    return Gallery("", tuple(tiles), large)


def _png(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _signed(values: np.ndarray) -> np.ndarray:
    """Return grey levels: middle grey for 0, darker below and lighter above."""
    return 127.5 + 127.5 * values / (np.abs(values).max() or 1.0)


def _bright(values: np.ndarray) -> np.ndarray:
    """Return grey levels from black for 0 to white for the largest value."""
    return 255.0 * values / (values.max() or 1.0)


def _enlarged(matrix: np.ndarray) -> np.ndarray:
    """Return a matrix as a picture, white for 0, darker for larger numbers."""
    grey = 255.0 - 215.0 * matrix / matrix.max()
    return np.kron(grey, np.ones((SCALE, SCALE)))
