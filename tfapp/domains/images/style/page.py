"""The page of a run that drew pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfapp.domains.images.style.inputs import Inputs
from tfapp.domains.images.style.pictures import jpeg
from tfapp.domains.images.style.results import Drawn
from tfapp.domains.images.style.sheet import Sheet
from tfapp.report.blocks import Block, Gallery, Picture, Report, Section, Table, Tile
from tfapp.report.run_sections import (
    RunFacts,
    reproducibility_section,
    run_headline,
    run_subtitle,
)
from tfapp.report.style import look, new_figure, to_svg
from tfapp.tasks.results import Results

MOST_LOOKS = 48
DASHES = ("-", (0, (4, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's."""


def style_report(
    facts: RunFacts,
    results: Results,
    drawn: Sequence[Drawn],
    contents: Sequence[Any],
    inputs: Inputs,
    sheet: Sheet,
) -> Report:
    """Return the whole page.

    Args:
        facts: where, when and with what the run was made.
        results: of the run.
        drawn: the pictures.
        contents: uint8 (height, width, 3) of each of them.
        inputs: the styles.
        sheet: of the course.
    """
    sections = (
        _pictures(drawn, contents, inputs),
        _course(sheet),
        _losses(facts.history, drawn),
        reproducibility_section(facts),
    )
    headline = (*results.headline, *run_headline(facts))
    return Report(facts.name, run_subtitle(facts, ""), headline, sections)


def _pictures(
    drawn: Sequence[Drawn], contents: Sequence[Any], inputs: Inputs
) -> Section:
    names = inputs.settings.styles
    styles = tuple(
        _tile(pixels, f"style: {Path(name).name}")
        for name, pixels in zip(names, inputs.styles, strict=True)
    )
    blocks: list[Block] = []
    for picture, content in zip(drawn, contents, strict=True):
        pair = (_tile(picture.pixels, picture.path.name), _tile(content, "content"))
        blocks.append(Gallery(picture.content.name, pair, large=True))
    blocks.append(Gallery("Styles", styles))
    lead = "The picture has the content of one and the style of the others."
    return Section("Pictures", lead, tuple(blocks))


def _tile(pixels: Any, caption: str) -> Tile:
    return Tile(jpeg(pixels), "image/jpeg", caption)


def _course(sheet: Sheet) -> Section:
    files = sheet.files()
    step = -(-len(files) // MOST_LOOKS)
    tiles = tuple(
        Tile(path.read_bytes(), "image/jpeg", path.stem.replace("_", ", "))
        for path in files[::step]
    )
    lead = "The picture after so many evaluations of its loss, phase by phase."
    return Section("Course", lead, (Gallery("", tiles),))


def _losses(history: Any, drawn: Sequence[Drawn]) -> Section:
    names = [name for name in drawn[0].after if not name.endswith("_loss")]
    blocks: tuple[Block, ...] = (
        *_curves(history, names),
        Table(
            ("Loss", "Content as it is", "Picture"),
            tuple(
                (
                    name.replace("_", " ", 1),
                    f"{drawn[0].before[name]:.4g}",
                    f"{drawn[0].after[name]:.4g}",
                )
                for name in names
            ),
            "Losses at the full size, without their weights",
        ),
    )
    lead = (
        "Each loss is relative to its target: 0 is reached, 1 is as far as a picture "
        "without any features."
    )
    return Section("Losses", lead, blocks)


def _curves(history: Any, names: Sequence[str]) -> tuple[Picture, ...]:
    """Draw every loss over the looks, a panel for each phase."""
    phases = [phase for phase in history if phase["epochs"]][:4]
    if not phases:
        return ()
    with look():
        figure = new_figure(3.2 * len(phases) + 1.5, 3.4)
        panels = figure.subplots(1, len(phases), sharey=True, squeeze=False)[0]
        for axes, phase in zip(panels, phases, strict=True):
            for number, name in enumerate(names):
                values = [row[name] for row in phase["epochs"]]
                axes.semilogy(
                    range(1, len(values) + 1),
                    values,
                    color=COLORS[number % len(COLORS)],
                    linestyle=DASHES[number // 2 % len(DASHES)],
                    marker="o" if len(values) == 1 else "",
                    label=name.replace("_", " ", 1),
                )
            axes.set(title=phase["phase"], xlabel="look")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    return (Picture(to_svg(figure), "Every loss, without its weight, by look."),)
