"""The page of all slides of a scan."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfapp.domains.images.slides.results.froc import RATES, Figures, Interval
from tfapp.report.blocks import Block, Fact, Picture, Report, Section, Table
from tfapp.report.page import write_report
from tfapp.report.style import PALETTE, look, new_figure, to_svg

PAGE = "index.html"


def write_summary(
    out: Path, facts: Sequence[Mapping[str, Any]], figures: Figures | None, model: str
) -> Path:
    """Write the page of all slides; return its path.

    Args:
        out: folder of the scans.
        facts: of each slide.
        figures: next to the truth; None if that is unknown.
        model: its name.
    """
    slides = len(facts)
    found = sum(one["lesions"] for one in facts)
    headline = [Fact("Slides", str(slides), f"{found:,} lesions by the threshold")]
    sections = [_slides(facts)]
    if figures is not None:
        headline += _headline(figures)
        sections.append(_judged(figures))
    subtitle = f"{facts[0]['target']!r} by {model}"
    report = Report("Scan", subtitle, tuple(headline), tuple(sections))
    write_report(out / PAGE, report)
    return out / PAGE


def _slides(facts: Sequence[Mapping[str, Any]]) -> Section:
    rows = tuple(
        (
            Path(one["slide"]).name,
            f"{one['score']:.3f}",
            f"{one['lesions']:,}",
            f"{one['scanned_share']:.1%}",
            f"{one['tiles']:,}",
        )
        for one in facts
    )
    header = ("slide", "score", "lesions", "scanned", "tiles")
    lead = (
        "A slide's score is the largest probability on it. Each slide has a page with "
        "a zoomable view in its own folder next to this file."
    )
    return Section("Slides", lead, (Table(header, rows, "Every slide"),))


def _headline(figures: Figures) -> list[Fact]:
    shown = {
        "FROC": (figures.froc, figures.froc_interval, _rates()),
        "AUC of slides": (
            figures.slide_auc,
            figures.slide_auc_interval,
            f"{figures.slides} slides",
        ),
        "AUC of cells": (
            figures.cell_auc,
            figures.cell_auc_interval,
            "inside lesions against outside",
        ),
    }
    return [
        Fact(name, f"{value:.3f}", _with_interval(detail, interval))
        for name, (value, interval, detail) in shown.items()
        if value is not None
    ]


def _judged(figures: Figures) -> Section:
    rows = tuple(
        (f"{rate:g}", f"{value:.3f}")
        for rate, value in zip(RATES, figures.sensitivities, strict=False)
    )
    header = ("points outside lesions per slide", "sensitivity")
    blocks: tuple[Block, ...] = ()
    if rows:
        blocks = (_curve(figures), Table(header, rows, "Sensitivities", 0))
    lead = (
        f"Slides: {figures.slides:,}; lesions: {figures.lesions:,}. A lesion is hit if "
        "a point lies in it; FROC is the mean sensitivity at the rates of the table. "
        "Intervals are 95 %, by the bootstrap over slides (over lesions for a single "
        "slide, over squares of cells for their AUC)."
    )
    return Section("Next to the truth", lead, blocks)


def _curve(figures: Figures) -> Picture:
    with look():
        figure = new_figure(5.0, 3.2)
        axes = figure.add_subplot()
        rates, shares = figures.curve
        end = max(RATES[-1], *rates)
        axes.step(
            [*rates, end], [*shares, shares[-1]], where="post", color=PALETTE["accent"]
        )
        axes.set(
            xlim=(0, RATES[-1]),
            ylim=(0, 1.02),
            xlabel="points outside lesions per slide",
            ylabel="share of lesions that are hit",
        )
    alt = f"FROC curve; its mean at {_rates()} is {figures.froc:.3f}."
    return Picture(to_svg(figure), alt)


def _rates() -> str:
    return "mean sensitivity at ¼, ½, 1, 2, 4 and 8 false points a slide"


def _with_interval(detail: str, interval: Interval) -> str:
    if interval is None:
        return detail
    return f"{detail}; 95 %: {interval[0]:.3f} to {interval[1]:.3f}"
