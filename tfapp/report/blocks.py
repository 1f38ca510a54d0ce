"""What a report is made of. Nothing here knows of any task, nor of HTML.

All texts are plain: rendering escapes them, so names of files and classes may hold
anything.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """One figure or place of the headline.

    Args:
        label: what it is, for example "Trained on".
        value: the figure itself.
        detail: the words that make it honest, "" for none.
        code: whether the value is a path or a command, to be copied as it is.
    """

    label: str
    value: str
    detail: str = ""
    code: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list of findings.

    Args:
        items: pairs of what was found (set in bold, "" for none) and the rest.
    """

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows.

    Args:
        header: one text per column.
        rows: texts, as many as the header has.
        caption: what the table shows, read first by a screen reader.
        text_columns: how many columns, from the left, hold texts; the others hold
            numbers and are right-aligned.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    text_columns: int = 1


@dataclass(frozen=True)
class Picture:
    """A chart.

    Args:
        svg: stand-alone SVG file, as `style.to_svg` returns.
        alt: what a person who cannot see it should know.
        caption: how to read it, "" for none.
    """

    svg: bytes
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Columns:
    """Charts and tables side by side where the page is wide enough."""

    blocks: tuple[Picture | Table, ...]


@dataclass(frozen=True)
class Tile:
    """One small image.

    Args:
        image: encoded image.
        media_type: such as "image/png".
        caption: one line below it.
        path: where the image comes from, "" for none.
        further: JPEGs to show next to it.
    """

    image: bytes
    media_type: str
    caption: str
    path: str = ""
    further: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Gallery:
    """Small images in rows.

    Args:
        title: heading of the rows, "" for none.
        tiles: the images.
        large: whether they are shown in twice the size, for fine detail.
    """

    title: str
    tiles: tuple[Tile, ...]
    large: bool = False


@dataclass(frozen=True)
class Details:
    """Long text that opens on demand, and always in print.

    Args:
        summary: the line that is always seen.
        text: shown as it is, in a fixed-width font.
    """

    summary: str
    text: str


@dataclass(frozen=True)
class Passage:
    """A text whose pieces are coloured by how much each counts.

    Args:
        caption: one line above it.
        pieces: each with its weight, from -1 (against) over 0 to 1 (for).
    """

    caption: str
    pieces: tuple[tuple[str, float], ...]


Block = Paragraph | Items | Table | Picture | Columns | Gallery | Details | Passage


@dataclass(frozen=True)
class Section:
    """One chapter.

    Args:
        title: heading, in sentence case.
        lead: the chapter in one sentence.
        blocks: its content, in order.
    """

    title: str
    lead: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Report:
    """A whole page.

    Args:
        title: name of what is reported.
        subtitle: one line below it.
        headline: the first fact is set large.
        sections: the chapters, in order.
    """

    title: str
    subtitle: str
    headline: tuple[Fact, ...]
    sections: tuple[Section, ...]
