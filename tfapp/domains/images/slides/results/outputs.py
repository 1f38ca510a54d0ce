"""Everything that a scan of one slide leaves, in a folder that appears whole."""

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base.errors import ConfigError
from tfapp.base.files import replacing
from tfapp.domains.images.slides.reading.area import Area
from tfapp.domains.images.slides.reading.outlines import Outline
from tfapp.domains.images.slides.reading.slide import Slide
from tfapp.domains.images.slides.results.deepzoom import write_view
from tfapp.domains.images.slides.results.heat import Heat
from tfapp.domains.images.slides.results.lesions import (
    lesion_points,
    lesions_csv,
    lesions_geojson,
    regions,
)
from tfapp.domains.images.slides.results.page import SlidePage
from tfapp.domains.images.slides.scanning.settings import ScanSettings

FACTS = "scan.json"


@dataclass(frozen=True, eq=False)
class Scan:
    """A slide whose answers are complete.

    Args:
        slide: the slide.
        area: what was scanned.
        heat: probabilities of the target.
        target: class that the heat map shows.
        shares: class → share of the scanned cells where it is the most probable.
        patch: pixels of level 0 along a side of a patch.
        settings: of the scan.
        truth: outlines of the lesions; None if they are unknown.
        facts: further facts, JSON-ready, such as speed.
    """

    slide: Slide
    area: Area
    heat: Heat
    target: str
    shares: Mapping[str, float]
    patch: float
    settings: ScanSettings
    truth: Sequence[Outline] | None
    facts: Mapping[str, Any]

    @property
    def radius(self) -> float:
        """Pixels of level 0 within which a lesion has one point."""
        radius, downsample = self.settings.radius, self.facts["downsample"]
        return radius * downsample if radius else self.patch


def write_outputs(scan: Scan, folder: Path) -> dict[str, Any]:
    """Write the folder of a slide, whole or not at all; return its facts.

    Args:
        scan: of the slide.
        folder: replaced if it is that of an earlier scan.

    Raises:
        ConfigError: if something else has that name.
        StorageError: if it cannot be written.
    """
    require_own(folder)
    heat, threshold = scan.heat, scan.settings.threshold
    points = lesion_points(heat, threshold, scan.radius)
    areas = regions(heat, threshold)
    facts = {
        **scan.facts,
        "slide": str(scan.slide.path),
        "size": list(scan.slide.size),
        "mpp": scan.slide.mpp,
        "score": heat.score,
        "target": scan.target,
        "lesions": len(points),
        "scanned_share": scan.area.share,
        "area": scan.area.source,
        "shares": dict(scan.shares),
    }
    with replacing(folder) as place:
        place.mkdir()
        (place / "heat.png").write_bytes(heat.png())
        heat.write_tiff(place / "heat.tif")
        scan.area.shown().save(place / "tissue.jpg", quality=85)
        _text(place / "lesions.geojson", lesions_geojson(scan.target, points, areas))
        _text(place / "lesions.csv", lesions_csv(points, scan.slide.mpp))
        side = scan.settings.view_side
        view = write_view(scan.slide, scan.area, place, side) if side else None
        page = SlidePage(
            name=scan.slide.path.name,
            facts=_headline(scan, len(points)),
            target=scan.target,
            heat=heat,
            points=points,
            areas=areas,
            truth=_rings(scan.truth or ()),
            area=_of_area(scan),
            view=view,
            patch=scan.patch,
            subtitle=_subtitle(scan),
        )
        _text(place / "page.html", page.render())
        _text(place / FACTS, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        if folder.exists():
            shutil.rmtree(folder)
    return facts


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the facts of a finished scan; {} if there is none."""
    try:
        return dict(json.loads((folder / FACTS).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def require_own(folder: Path) -> None:
    """Refuse to replace what no scan has written.

    Raises:
        ConfigError: naming the folder.
    """
    if folder.exists() and not read_facts(folder):
        raise ConfigError(
            f"{folder} is there and holds no scan. Choose another place: --out FOLDER."
        )


def folders_of(slides: Sequence[Path], out: Path) -> list[Path]:
    """Return a folder for each slide, of its name; of equal ones with a number."""
    counts: Counter[str] = Counter()
    folders = []
    for path in slides:
        counts[path.stem] += 1
        number = f"_{counts[path.stem]}" if counts[path.stem] > 1 else ""
        folders.append(out / f"{path.stem}{number}")
    return folders


def _headline(scan: Scan, points: int) -> dict[str, tuple[str, str]]:
    mpp = scan.slide.mpp
    detail = f"the largest probability of {scan.target!r} on the slide"
    return {
        "Slide score": (f"{scan.heat.score:.3f}", detail),
        "Lesions": (f"{points:,}", f"from {scan.settings.threshold:g} on"),
        "Scanned": (f"{scan.area.share:.1%}", f"of the slide, {scan.area.source}"),
        "Microns per pixel": (
            f"{mpp:.4g}" if mpp else "unknown",
            scan.slide.mpp_source or "neither in the file nor stated",
        ),
    }


def _subtitle(scan: Scan) -> str:
    width, height = scan.slide.size
    return (
        f"{width:,} × {height:,} pixels; the heat map shows {scan.target!r} by "
        f"{scan.facts['model']}"
    )


def _of_area(scan: Scan) -> str:
    return f"{scan.area.share:.1%} of the slide: {scan.area.source}."


def _rings(outlines: Sequence[Outline]) -> list[Any]:
    return [
        [ring.round(1).tolist() for ring in rings]
        for outline in outlines
        for rings in outline.polygons
    ]


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
