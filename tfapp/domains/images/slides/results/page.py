"""The page of one slide: a view to pan and zoom, lesions, files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from tfapp.domains.images.slides.results.deepzoom import TILE, DeepZoom
from tfapp.domains.images.slides.results.heat import Heat
from tfapp.domains.images.slides.results.lesions import Point

MOST_ROWS = 100
MOST_POINTS = 2000
FILES = {
    "heat.png": "the heat map, a pixel for each cell",
    "heat.tif": "the heat map as a tiled pyramid of the slide's extent",
    "lesions.geojson": "outlines and points, for QuPath",
    "lesions.csv": "points",
    "view.dzi": "the view, for any Deep Zoom viewer",
    "scan.json": "everything said here, for programs",
}
VIEW = """<section aria-label="View">
<div class="bar"><button id="nearer" title="Nearer (+)">+</button>
<button id="farther" title="Farther (-)">−</button>
<button id="fit" title="All of it (0)">fit</button>
<label>heat map <input id="opacity" type="range" min="0" max="100" value="70"></label>
<span>0 <span class="scale"></span> 1</span>
<label><input id="outlines" type="checkbox" checked> outlines</label>
<label><input id="points" type="checkbox" checked> points</label>
<span class="place" id="place"></span></div>
<div class="view"><canvas id="slide" tabindex="0" role="img"
 aria-label="The slide with its heat map; arrows move, + and - zoom."></canvas></div>
<p class="detail">Drag to move, turn the wheel to zoom. Black: outlines of what the
network finds; green: the truth, where it is given; red rings: points.</p></section>"""


@dataclass(frozen=True, eq=False)
class SlidePage:
    """What a page shows.

    Args:
        name: of the slide.
        facts: label → value and detail, the main one first.
        target: class that the heat map shows.
        heat: the map.
        points: of the lesions.
        areas: GeoJSON geometries of what the network finds.
        truth: polygons of the truth, as rings of x and y; () without.
        area: what was scanned, one sentence.
        view: the written view; None without.
        patch: pixels of level 0 along a side of a patch.
        subtitle: one line.
    """

    name: str
    facts: Mapping[str, tuple[str, str]]
    target: str
    heat: Heat
    points: Sequence[Point]
    areas: Sequence[Mapping[str, Any]]
    truth: Sequence[Any]
    area: str
    view: DeepZoom | None
    patch: float
    subtitle: str

    def render(self) -> str:
        """Return the page; every text in it is escaped."""
        folder = files("tfapp.domains.images.slides.results")
        page = Template(folder.joinpath("viewer.html").read_text(encoding="utf-8"))
        style = files("tfapp.report").joinpath("page.css").read_text(encoding="utf-8")
        there = [n for n in FILES if n != "view.dzi" or self.view is not None]
        return page.substitute(
            title=escape(self.name),
            subtitle=escape(self.subtitle),
            style=style,
            facts="\n".join(_fact(k, *v) for k, v in self.facts.items()),
            view=VIEW if self.view is not None else "",
            lesions=escape(self._lesions()),
            rows="\n".join(map(_row, self.points[:MOST_ROWS])),
            area=escape(self.area),
            files="<br>".join(
                f'<a href="{name}">{name}</a>: {escape(FILES[name])}' for name in there
            ),
            data=self._data(),
            script=folder.joinpath("viewer.js").read_text(encoding="utf-8"),
        )

    def _lesions(self) -> str:
        count = len(self.points)
        if not count:
            return f"No place of the slide is {self.target!r} by the threshold."
        shown = f", of which {MOST_ROWS} are shown" if count > MOST_ROWS else ""
        return (
            f"{count:,} points{shown}, the most probable first; x and y in pixels of "
            "the finest level. Click “go” to see it."
        )

    def _data(self) -> str:
        """Return what the script needs, as JSON that cannot end the script."""
        view = self.view
        data = {
            "size": self.heat.size,
            "mpp": self.heat.mpp,
            "cell": self.heat.cell,
            "patch": self.patch,
            "tile": TILE,
            "downsample": view.downsample if view else 1.0,
            "tiles": view.tiles if view else [],
            "points": [[p.x, p.y] for p in self.points[:MOST_POINTS]],
            "areas": [area["coordinates"] for area in self.areas],
            "truth": self.truth,
        }
        return json.dumps(data).replace("<", "\\u003c")


def _fact(label: str, value: str, detail: str) -> str:
    detail = f'<dd class="detail">{escape(detail)}</dd>' if detail else ""
    return (
        f'<div class="fact"><dt>{escape(label)}</dt>'
        f'<dd class="value">{escape(value)}</dd>{detail}</div>'
    )


def _row(point: Point) -> str:
    return (
        f"<tr><td>go</td><td>{point.x:,.0f}</td><td>{point.y:,.0f}</td>"
        f"<td>{point.score:.3f}</td></tr>"
    )
