"""A report as one HTML file: no script, no link to elsewhere, light and dark.

Rendering knows blocks (blocks.py) and nothing of tasks; a task contributes sections.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import singledispatch
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from tfapp.base.files import write_text
from tfapp.report import blocks
from tfapp.report.style import inline_svg
from tfapp.report.wording import encodable, shorten

LONG_TABLE = 30
"""Rows above which a table scrolls in a box of its own, except in print."""

SCALE = 1.3
"""Pixels per unit of a picture: its 10-point type becomes 13 pixels."""


def write_report(path: Path, report: blocks.Report) -> None:
    """Write a report as one HTML file, whole or not at all.

    Args:
        path: the file to write or replace, usually page.html.
        report: what to write.

    Raises:
        TfappError: if the file cannot be written.
    """
    write_text(path, encodable(render_report(report)))


def render_report(report: blocks.Report) -> str:
    """Return the report as an HTML page; every text in it is escaped."""
    folder = files("tfapp.report")
    page = Template(folder.joinpath("page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(report.title),
        subtitle=escape(report.subtitle),
        style=folder.joinpath("page.css").read_text(encoding="utf-8"),
        facts=_join(_fact(fact) for fact in report.headline),
        links=_join(_link(i, s) for i, s in enumerate(report.sections, start=1)),
        sections=_join(_section(i, s) for i, s in enumerate(report.sections, start=1)),
    )


def _fact(fact: blocks.Fact) -> str:
    tag = "code" if fact.code else "span"
    detail = f'<dd class="detail">{escape(fact.detail)}</dd>' if fact.detail else ""
    return (
        f'<div class="fact{" wide" if fact.code else ""}"><dt>{escape(fact.label)}</dt>'
        f'<dd class="value"><{tag}>{escape(fact.value)}</{tag}></dd>{detail}</div>'
    )


def _link(number: int, section: blocks.Section) -> str:
    return f'<li><a href="#section-{number}">{escape(section.title)}</a></li>'


def _section(number: int, section: blocks.Section) -> str:
    content = _join(_block(block) for block in section.blocks)
    return (
        f'<section id="section-{number}" aria-labelledby="heading-{number}">'
        f'<h2 id="heading-{number}">{escape(section.title)}</h2>'
        f'<p class="lead">{escape(section.lead)}</p>{content}</section>'
    )


@singledispatch
def _block(block: blocks.Block) -> str:
    raise TypeError(f"A report has no block of type {type(block).__name__}.")


@_block.register
def _paragraph(block: blocks.Paragraph) -> str:
    return f"<p>{escape(block.text)}</p>"


@_block.register
def _items(block: blocks.Items) -> str:
    items = (
        f"<li><strong>{escape(statement)}</strong> {escape(rest)}</li>"
        if statement
        else f"<li>{escape(rest)}</li>"
        for statement, rest in block.items
    )
    return f"<ul>{_join(items)}</ul>"


@_block.register
def _table(block: blocks.Table) -> str:
    styles = [""] * block.text_columns + [' class="number"'] * len(block.header)
    head = _join(
        f'<th scope="col"{style}>{escape(text)}</th>'
        for style, text in zip(styles, block.header, strict=False)
    )
    rows = (
        f'<tr><th scope="row">{escape(name)}</th>'
        + _join(
            f"<td{style}>{escape(text)}</td>"
            for style, text in zip(styles[1:], rest, strict=False)
        )
        + "</tr>"
        for name, *rest in block.rows
    )
    long = " long" if len(block.rows) > LONG_TABLE else ""
    # Keyboards scroll what has the focus, hence the tabindex.
    return (
        f'<div class="scroll{long}" tabindex="0" role="region" '
        f'aria-label="{escape(block.caption)}">'
        f"<table><caption>{escape(block.caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{_join(rows)}</tbody></table></div>"
    )


@_block.register
def _picture(block: blocks.Picture) -> str:
    size = re.search(rb'viewBox="0 0 ([\d.]+) ', block.svg)
    width = float(size[1]) if size else 400.0
    name = f"p{hashlib.sha256(block.svg).hexdigest()[:8]}"
    caption = f"<figcaption>{escape(block.caption)}</figcaption>"
    return (
        f'<figure class="picture" style="--width: {width * SCALE:.0f}px">'
        f'<div class="scroll" role="img" aria-label="{escape(block.alt)}">'
        f"{inline_svg(block.svg, name)}</div>"
        f"{caption if block.caption else ''}</figure>"
    )


@_block.register
def _columns(block: blocks.Columns) -> str:
    return f'<div class="columns">{_join(map(_block, block.blocks))}</div>'


@_block.register
def _gallery(block: blocks.Gallery) -> str:
    title = f"<h3>{escape(block.title)}</h3>" if block.title else ""
    pairs = " pairs" if any(tile.further for tile in block.tiles) else ""
    style = f"gallery{pairs}{' large' if block.large else ''}"
    return f'{title}<ul class="{style}">{_join(map(_tile, block.tiles))}</ul>'


@_block.register
def _details(block: blocks.Details) -> str:
    return (
        f"<details><summary>{escape(block.summary)}</summary>"
        f"<pre>{escape(block.text)}</pre></details>"
    )


@_block.register
def _passage(block: blocks.Passage) -> str:
    pieces = " ".join(_piece(text, weight) for text, weight in block.pieces)
    # Scripts are written from left or right: the first strong letter decides.
    return (
        f'<figure class="passage"><figcaption>{escape(block.caption)}</figcaption>'
        f'<p dir="auto">{pieces}</p></figure>'
    )


def _piece(text: str, weight: float) -> str:
    level = min(5, round(abs(weight) * 5))
    if not level:
        return escape(text)
    side = "for" if weight > 0 else "against"
    return f'<mark class="{side} level{level}">{escape(text)}</mark>'


def _tile(tile: blocks.Tile) -> str:
    path = (
        f'<span class="path" title="{escape(tile.path)}">'
        f"{escape(shorten(tile.path, 44))}</span>"
    )
    images = _img(tile.image, tile.media_type, tile.caption)
    if tile.further:
        further = _join(
            _img(image, "image/jpeg", f"map: {tile.caption}") for image in tile.further
        )
        images = f'<div class="pair">{images}{further}</div>'
    return (
        f"<li><figure>{images}<figcaption>{escape(tile.caption)}"
        f"{path if tile.path else ''}</figcaption></figure></li>"
    )


def _img(image: bytes, media_type: str, alt: str) -> str:
    data = base64.b64encode(image).decode("ascii")
    return (
        f'<img src="data:{media_type};base64,{data}" loading="lazy" '
        f'alt="{escape(alt)}">'
    )


def _join(parts: Iterable[str]) -> str:
    return "\n".join(parts)
