"""Views as pictures and Markdown."""

import io

from PIL import Image

from tfapp.report.blocks import Details, Gallery, Table, Tile
from tfapp.runs.watching.sheets import gallery_sheet, markdown


def test_a_gallery_is_one_picture():
    """Every tile has its place, with those that belong to it; long captions wrap."""
    stream = io.BytesIO()
    Image.new("L", (40, 30), 90).save(stream, "PNG")
    content = stream.getvalue()
    tiles = tuple(
        Tile(content, "image/png", "a caption that is long, " * n, further=(content,))
        for n in range(7)
    )
    sheet = gallery_sheet(Gallery("all", tiles))
    image = Image.open(io.BytesIO(sheet.encoded))
    assert image.size == sheet.size
    assert image.size[0] <= 1300


def test_texts_mean_nothing_to_markdown():
    """Stars, bars and tags stay what they are; running text keeps its lines."""
    table = Table(("a", "b"), (("x|y", "*new*\nline <b>"),), "")
    head, rule, row = markdown(table).splitlines()
    assert head == "| a | b |"
    assert rule == "|---|---|"
    assert row == "| x\\|y | \\*new\\* line \\<b\\> |"
    assert markdown(Details("say", "one\n*two*")) == "say\n\n    one\n    *two*"
