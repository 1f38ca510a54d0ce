"""One slide scanned, from its file to its folder of results."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base.reporter import Reporter
from tfapp.domains.images.slides.reading.area import find_area, own_file
from tfapp.domains.images.slides.reading.opening import open_slide
from tfapp.domains.images.slides.reading.outlines import (
    Outline,
    read_outlines,
    require_inside,
)
from tfapp.domains.images.slides.results.heat import Heat
from tfapp.domains.images.slides.results.judging import Judged, judge
from tfapp.domains.images.slides.results.lesions import LEAST_SCORE, lesion_points
from tfapp.domains.images.slides.results.outputs import Scan, read_facts, write_outputs
from tfapp.domains.images.slides.scanning.asking import Answered, answer_slide
from tfapp.domains.images.slides.scanning.network import PatchNetwork
from tfapp.domains.images.slides.scanning.scale import scale_for
from tfapp.domains.images.slides.scanning.settings import ScanSettings


@dataclass(frozen=True)
class Job:
    """What is done with each slide.

    Args:
        network: answers patches.
        model: its name, for people.
        settings: of the scan.
        reporter: receives stages and progress.
    """

    network: PatchNetwork
    model: str
    settings: ScanSettings
    reporter: Reporter


@dataclass(frozen=True)
class Truth:
    """What is known of a slide.

    Args:
        outlines: of its lesions; () where there is none.
        digest: of the file they come from.
    """

    outlines: tuple[Outline, ...]
    digest: str


def read_truth(given: str, slide: Path, target: str) -> Truth | None:
    """Return what is known of a slide: its outlines of the target's class.

    Where no outline has a class, all of them count.

    Args:
        given: a file, or a folder of NAME.geojson; "" if nothing is known.
        slide: path of the slide.
        target: the class.

    Raises:
        DataError: if there is no such file, or it cannot be read.
    """
    if not given:
        return None
    path = own_file(given, slide, ".geojson")
    outlines = read_outlines(path, may_be_empty=True)
    if any(outline.name for outline in outlines):
        outlines = tuple(one for one in outlines if one.name == target)
    return Truth(outlines, hashlib.sha256(path.read_bytes()).hexdigest())


def scan_one(
    job: Job, path: Path, folder: Path, truth: Truth | None
) -> tuple[dict[str, Any], Judged | None]:
    """Scan a slide, or go on with a scan that was killed.

    What the network has answered stays in a hidden folder next to the results, so a
    scan that is repeated with another threshold or with a truth asks nothing again.

    Args:
        job: what to do.
        path: of the slide.
        folder: of the results.
        truth: of the slide; None if it is unknown.

    Returns:
        The facts of the scan, and its answers next to the truth if that is known.

    Raises:
        TfappError: for a slide or a place that cannot be used.
    """
    reporter, settings, network = job.reporter, job.settings, job.network
    with open_slide(path, settings.mpp) as slide:
        require_inside(truth.outlines if truth else (), slide.size, path)
        with reporter.stage("find the tissue") as stage:
            area = find_area(slide, settings.marking)
            stage.detail = f"{area.share:.1%} of the slide, {area.source}"
        scaled, how = scale_for(slide, settings.model_mpp or network.mpp)
        reporter.say(f"  {path.name}: {how}")
        target = network.chosen(settings.target)
        with reporter.stage("scan", unit="tiles") as stage:
            answered = answer_slide(
                network,
                scaled,
                area,
                target,
                settings,
                folder.with_name(f".{folder.name}.scan"),
                stage,
            )
            stage.detail = f"{answered.facts['tiles']:,} tiles"
        heat = Heat(answered.values, answered.cell, slide.size, slide.mpp)
        scan = Scan(
            slide=slide,
            area=area,
            heat=heat,
            target=network.names[target],
            shares=answered.shares,
            patch=max(network.size) * scaled.downsample,
            settings=settings,
            truth=None if truth is None else truth.outlines,
            facts={
                "model": job.model,
                "scale": how,
                "downsample": scaled.downsample,
                "level": scaled.level,
                **answered.facts,
                "identity": _identity(answered, settings, truth),
            },
        )
        facts = _written(scan, folder, reporter)
        if truth is None:
            return facts, None
        points = lesion_points(heat, LEAST_SCORE, scan.radius)
        return facts, judge(heat, points, truth.outlines)


def _written(scan: Scan, folder: Path, reporter: Reporter) -> dict[str, Any]:
    """Write the results, unless those of the very same scan are there."""
    facts = read_facts(folder)
    if facts.get("identity") == scan.facts["identity"]:
        reporter.say(f"  {folder} has these results already")
        return facts
    with reporter.stage("write the results"):
        return write_outputs(scan, folder)


def _identity(answered: Answered, settings: ScanSettings, truth: Truth | None) -> str:
    """Return a hash of all that the results depend on."""
    text = f"{answered.key} {settings.to_json()} {truth and truth.digest}"
    return hashlib.sha256(text.encode()).hexdigest()
