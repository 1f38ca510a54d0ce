"""One look for every picture: colours, type, and the way to SVG and PNG.

Colours are Okabe and Ito's, distinct for every common colour blindness; no
difference shows by colour alone (lines also differ in dashes). The page of a report
swaps them for lighter ones on a dark background, which is why every picture takes its
colours from here: the SVG's colour values are the keys of `PALETTE` in disguise.

Reference:
    Okabe & Ito, Color Universal Design, 2008, https://jfly.uni-koeln.de/color/
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfapp.report.wording import NO_BREAK

PALETTE = {
    "ink": "#1c2026",
    "muted": "#5b6572",
    "grid": "#dce1e7",
    "accent": "#0072b2",
    "second": "#d55e00",
}
"""Names of the page's CSS variables and their values in the light theme."""

HEAT = {"right": "#2f86cc", "wrong": "#e0701a", "none": "#7f8a97"}
"""Fill of heat maps, by opacity: of middle lightness, so that it serves both themes."""

LOOK: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10.0,
    "text.color": PALETTE["ink"],
    "text.parse_math": False,  # a class may be called "$5 bill"
    "axes.edgecolor": PALETTE["muted"],
    "axes.labelcolor": PALETTE["muted"],
    "axes.titlecolor": PALETTE["ink"],
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 8.0,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALETTE["grid"],
    "grid.linewidth": 0.8,
    "xtick.color": PALETTE["muted"],
    "ytick.color": PALETTE["muted"],
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.major.pad": 5.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # real text: small, selectable, in the page's font
    "svg.hashsalt": "tfapp",  # the same figures give the same bytes
}


@contextmanager
def look() -> Iterator[None]:
    """Apply the look to every figure made or saved inside."""
    with matplotlib.rc_context(LOOK), warnings.catch_warnings():
        # Matplotlib only measures with its own font; the reader's has the glyphs.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not")
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, transparent, with labels kept inside.

    Args:
        width: inches; the type is 10 points.
        height: inches.
    """
    return Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: Figure) -> bytes:
    """Draw a figure as a stand-alone SVG file with a transparent background."""
    empty = {"Date": None, "Creator": None, "Format": None, "Type": None}
    return _save(figure, format="svg", metadata=empty)


def to_png(figure: Figure, dots_per_inch: int = 144) -> bytes:
    """Draw a figure as a PNG file on white, for places that do not know SVG."""
    return _save(figure, format="png", dpi=dots_per_inch, facecolor="white")


def inline_svg(svg: bytes, name: str) -> str:
    """Turn a stand-alone SVG file into an element of an HTML page.

    Colours of the palette become CSS variables, so that the picture follows the
    page's theme, and ids get a prefix, since many pictures share one page.

    Args:
        svg: what `to_svg` returned.
        name: prefix of the ids, unique within the page.
    """
    text = svg.decode("utf-8")
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<style.*?</style>", "", text, count=1, flags=re.DOTALL)
    # Only tags: a class name between them may look like anything.
    return re.sub(r"<[^>]*>", lambda tag: _inline_tag(tag[0], name), text)


def percent_axis(axes: Axes, which: str, *, low: float = 0.0) -> None:
    """Let the axis "x" or "y" run from `low` to 1 and read in percent."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"{value * 100:.4g}{NO_BREAK}%")
    limits = axes.set_xlim if which == "x" else axes.set_ylim
    limits(low, 1.0 + 0.015 * (1.0 - low))


def _inline_tag(tag: str, name: str) -> str:
    if tag.startswith("<svg"):
        attributes = re.sub(r' (xmlns(:\w+)?|version|width|height)="[^"]*"', "", tag)
        return attributes.replace("<svg", '<svg aria-hidden="true" focusable="false"')
    tag = re.sub(r"font-family:[^;]*; ", "", tag).replace("xlink:href", "href")
    tag = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", tag)
    for variable, value in PALETTE.items():
        tag = tag.replace(f": {value}", f": var(--{variable}, {value})")
    return tag


def _save(figure: Figure, **options: Any) -> bytes:
    stream = io.BytesIO()
    with look():
        figure.savefig(stream, **options)
    return stream.getvalue()
