"""Tests of tfapp.report.page: any report becomes a sound page."""

import re
from html.parser import HTMLParser

import pytest

from tfapp.base.errors import TfappError
from tfapp.report import blocks
from tfapp.report.curves import learning_curves
from tfapp.report.page import render_report, write_report
from tfapp.report.style import to_svg

NASTY = "<script>alert('x')</script> \"& $title ${x} \u202e"
VOID = {"meta", "img", "br", "hr", "input", "link"}


class Page(HTMLParser):
    """Collects tags, attributes and texts, and checks that tags are balanced."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Note an opening tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Check that the innermost tag is closed."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Note a text."""
        self.texts.append(data)

    def all(self, name):
        """Return the attributes of every tag of a name."""
        return [attributes for tag, attributes in self.tags if tag == name]


def _report(text="plain"):
    history = [{"phase": "head", "epochs": [{"loss": 1.0}, {"loss": 0.5}]}]
    picture = blocks.Picture(to_svg(learning_curves(history, "loss")), text, text)
    table = blocks.Table((text, text), ((text, text), (text, "1")), text)
    tile = blocks.Tile(b"png", "image/png", text, text)
    everything = (
        blocks.Paragraph(text),
        blocks.Items(((text, text), ("", text))),
        table,
        picture,
        blocks.Columns((picture, table)),
        blocks.Gallery(text, (tile, tile)),
        blocks.Details(text, text),
        blocks.Passage(text, ((text, 1.0), (text, 0.0))),
    )
    facts = (blocks.Fact(text, text, text), blocks.Fact(text, text, code=True))
    sections = (blocks.Section(text, text, everything), blocks.Section("b", "lead"))
    return blocks.Report(text, text, facts, sections)


def test_every_block_is_rendered_and_tags_are_balanced():
    """Headings, tables with headers, pictures with words, one link per section."""
    page = Page(render_report(_report()))
    assert len(page.all("h1")) == 1
    assert len(page.all("h2")) == len(page.all("section")) == 2
    assert [t["scope"] for t in page.all("th")] == ["col", "col", "row", "row"] * 2
    assert len(page.all("caption")) == 2
    assert all(image["alt"] for image in page.all("img"))
    labelled = [d for d in page.all("div") if d.get("role") == "img"]
    assert len(labelled) == len(page.all("svg")) == 2
    assert all(d["aria-label"] for d in labelled)
    targets = {a["href"] for a in page.all("a")}
    assert targets <= {f"#{s['id']}" for s in page.all("section")}
    assert page.all("html") == [{"lang": "en"}]


def test_words_are_coloured_by_their_weights():
    """Weights become levels of two colours; a word of none is plain text."""
    pieces = (("good", 1.0), ("bad", -0.5), ("the", 0.04))
    section = blocks.Section("Words", "", (blocks.Passage("a text", pieces),))
    html = render_report(blocks.Report("Title", "", (), (section,)))
    assert '<mark class="for level5">good</mark>' in html
    assert '<mark class="against level2">bad</mark> the</p>' in html


def test_every_text_is_escaped():
    """Names from files and folders can hold anything and run nothing."""
    page = Page(render_report(_report(NASTY)))
    assert page.all("script") == []
    assert all(not key.startswith("on") for _, a in page.tags for key in a)
    text = "".join(page.texts)
    assert text.count("alert('x')") > 10
    assert "${x}" in text


def test_a_page_needs_nothing_from_elsewhere():
    """No address, no script, no import; the page itself forbids all of them."""
    html = render_report(_report())
    assert not re.search(r"https?:|//\w|@import|<link|<script", html)
    page = Page(html)
    sources = [a[key] for _, a in page.tags for key in ("src", "href") if key in a]
    assert all(source.startswith(("data:", "#")) for source in sources)
    policies = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policies[0].startswith("default-src 'none'")


def test_ids_are_unique_among_different_pictures():
    """Two different pictures on a page share no id."""
    one, two = (
        blocks.Picture(
            to_svg(learning_curves([{"phase": "p", "epochs": [{"loss": x}]}], "loss")),
            "alt",
        )
        for x in (1.0, 2.0)
    )
    section = blocks.Section("a", "b", (blocks.Columns((one, two)),))
    page = Page(render_report(blocks.Report("t", "s", (), (section,))))
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids)) > 50


def test_long_tables_scroll_in_a_box():
    """Above 30 rows."""
    for rows, boxes in ((30, 0), (31, 1)):
        table = blocks.Table(("a", "b"), (("x", "1"),) * rows, "caption")
        report = blocks.Report("t", "s", (), (blocks.Section("a", "b", (table,)),))
        found = Page(render_report(report)).all("div")
        assert sum("long" in d["class"].split() for d in found) == boxes


def test_numbers_are_aligned_and_texts_are_not():
    """The number of text columns decides."""
    table = blocks.Table(("a", "b", "c"), (("x", "y", "1"),), "caption", 2)
    report = blocks.Report("t", "s", (), (blocks.Section("a", "b", (table,)),))
    cells = Page(render_report(report)).all("td")
    assert [cell.get("class") for cell in cells] == [None, "number"]


def test_reports_are_written_whole(tmp_path):
    """One file appears, in UTF-8, even with undecodable names."""
    path = tmp_path / "deep" / "report.html"
    write_report(path, _report("kaf\udce9 漢字"))
    assert "kaf\\udce9 漢字" in path.read_text(encoding="utf-8")
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    """A full disk is told as such, and leaves nothing behind."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(TfappError, match=r"report\.html: the disk is full"):
        write_report(tmp_path / "report.html", _report())
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_block_is_a_bug():
    """A block that rendering does not know is not dropped silently."""
    report = blocks.Report("t", "s", (), (blocks.Section("a", "b", ("text",)),))
    with pytest.raises(TypeError, match="no block of type str"):
        render_report(report)
