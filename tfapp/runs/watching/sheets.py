"""Views as TensorBoard shows them: pictures of pictures, and Markdown."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from tfapp.report.blocks import Details, Gallery, Table, Tile

GAP = 8
LINE = 14
"""Pixels of a line of a caption."""
CHARACTER = 6.2
"""Pixels of a character, about."""
WIDEST = 1200
"""Pixels of a sheet."""
LARGEST = (256, 400)
"""Pixels of a side of one picture: of small and of large galleries."""


class Sheet(NamedTuple):
    """An encoded picture.

    Args:
        encoded: PNG or JPEG.
        size: width and height in pixels.
    """

    encoded: bytes
    size: tuple[int, int]


def gallery_sheet(gallery: Gallery) -> Sheet:
    """Return the pictures of a gallery in rows, a caption below each."""
    cells = [_cell(tile, LARGEST[gallery.large]) for tile in gallery.tiles]
    width = max(cell.width for cell in cells) + GAP
    height = max(cell.height for cell in cells) + GAP
    columns = max(1, min(len(cells), WIDEST // width))
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), "white")
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        sheet.paste(cell, (GAP + column * width, GAP + row * height))
    return _encoded(sheet)


def _cell(tile: Tile, side: int) -> Image.Image:
    """Return one picture, those that belong to it, and the caption below."""
    parts = [_opened(content, side) for content in (tile.image, *tile.further)]
    width = sum(part.width for part in parts) + 2 * (len(parts) - 1)
    width = max(width, 72)
    height = max(part.height for part in parts)
    lines = _wrapped(tile.caption, int(width / CHARACTER))
    cell = Image.new("RGB", (width, height + LINE * len(lines) + 2), "white")
    left = 0
    for part in parts:
        cell.paste(part, (left, 0))
        left += part.width + 2
    draw, font = ImageDraw.Draw(cell), _font()
    for number, line in enumerate(lines):
        draw.text((0, height + 2 + LINE * number), line, fill="black", font=font)
    return cell


@cache
def _font() -> ImageFont.FreeTypeFont:
    """Return a font with arrows; that of Pillow has none."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / "DejaVuSans.ttf"), 10)


def _opened(content: bytes, side: int) -> Image.Image:
    with Image.open(io.BytesIO(content)) as image:
        shown = image.convert("RGB")
    shown.thumbnail((side, side))
    return shown


def _wrapped(caption: str, width: int) -> list[str]:
    """Return a caption in lines of a number of characters, at most four."""
    lines: list[str] = []
    rest = caption
    while rest and len(lines) < 4:
        end = rest.rfind(" ", 1, width + 1) if len(rest) > width else len(rest)
        end = end if end > 0 else width
        lines.append(rest[:end])
        rest = rest[end:].lstrip()
    return lines


def _encoded(image: Image.Image) -> Sheet:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    if stream.tell() > 500_000:  # photos: a quarter of the size
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=85)
    return Sheet(stream.getvalue(), image.size)


def size_of(encoded: bytes) -> tuple[int, int]:
    """Return width and height of an encoded picture."""
    with Image.open(io.BytesIO(encoded)) as image:
        return image.size


def markdown(item: Table | Details) -> str:
    """Return a table or a text as Markdown."""
    if isinstance(item, Details):
        return f"{_escaped(item.summary)}\n\n" + _quoted(item.text)
    head = _row(item.header)
    rule = "|" + "---|" * len(item.header)
    return "\n".join([head, rule, *map(_row, item.rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _quoted(text: str) -> str:
    """Return a text as it is: indented, it means nothing to Markdown."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def _escaped(text: str) -> str:
    """Return a text whose signs mean nothing to Markdown, in one line."""
    line = " ".join(text.split())
    for sign in "\\`*_{}[]<>#|":
        line = line.replace(sign, f"\\{sign}")
    return line
