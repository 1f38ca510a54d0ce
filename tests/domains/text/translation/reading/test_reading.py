"""Pairs of texts from tables, generated ones, and what is no table of pairs."""

from datetime import date

import pytest

from tests.domains.text.translation.tiny import pairs, write
from tfapp.base.errors import ConfigError, DataError
from tfapp.data.detection import detect
from tfapp.domains.text.reading.table import read_table
from tfapp.domains.text.translation.detect import detect_pairs
from tfapp.domains.text.translation.reading.columns import find_sides
from tfapp.domains.text.translation.reading.files import read_pairs
from tfapp.domains.text.translation.reading.generated import DAYS, dates, sums

LICENCE = "CC-BY 2.0 (France) Attribution"


def test_sums():
    """Sums are right, and no two of them add the same numbers."""
    made = sums(2, 500)
    seen = set()
    for pair in made.pairs:
        a, b = map(int, pair.source.split("+"))
        assert int(pair.target) == a + b
        assert max(a, b) < 100
        seen.add(frozenset((a, b)))
    assert len(seen) == len(made.pairs) == 500
    for size, (title, longer) in zip((3, 4), made.further.items(), strict=True):
        assert str(size) in title
        assert all(len(n) == size for p in longer for n in p.source.split("+"))
    assert made == sums(2, 500)
    with pytest.raises(ConfigError, match="5,050 different sums"):
        sums(2, 3000)


def test_dates():
    """Dates are of one century, written in several forms, and grouped by day."""
    made = dates(400)
    days = [date.fromisoformat(pair.target) for pair in made.pairs]
    assert 1950 <= min(d.year for d in days) <= max(d.year for d in days) < 2050
    assert len({pair.source for pair in made.pairs}) == 400
    assert all(pair.group == pair.target for pair in made.pairs)
    for pair, day in zip(made.pairs, days, strict=True):
        assert str(day.year % 100) in pair.source
        assert str(day.day) in pair.source
    with pytest.raises(ConfigError, match="at most"):
        dates(DAYS * 14)


@pytest.mark.parametrize(
    ("name", "header", "delimiter"),
    [
        ("a.tsv", ("source", "target"), "\t"),
        ("a.csv", ("Question", "Answer"), ","),
        ("a.csv", ("deutsch", "kurz"), ";"),
        ("a.txt", (), "\t"),
    ],
)
def test_detected_tables(tmp_path, name, header, delimiter):
    """Two columns of texts, by their names or because there are only two."""
    file = write(tmp_path / name, pairs(), header, delimiter)
    rows = [(f"{a} stone", f"{b}{a[-1]}{i}") for i, (a, b) in enumerate(pairs())]
    write(file, rows, header, delimiter)
    detected = detect(str(file))
    assert (detected.data, detected.task) == ("text_pairs", "text_translation")
    read = read_pairs(file, {}).pairs
    assert len(read) in (90, 89)  # a first row of short texts may name the columns
    assert (read[-1].source, read[-1].target) == rows[-1]


def test_licences_and_names(tmp_path):
    """A column of licences is passed over; the names of generated data are places."""
    rows = [(a, f"x {b} {i}", LICENCE) for i, (a, b) in enumerate(pairs())]
    file = write(tmp_path / "fra.txt", rows, ())
    assert detect(str(file)).data == "text_pairs"
    assert read_pairs(file, {}).pairs[5].target == rows[5][1]
    for name in ("addition", "dates"):
        assert detect(name).data == name


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (("text", "label"), ("a long text of many words {i}", "spam{p}")),
        (("source", "target"), ("a long text of many words {i}", "spam{p}")),
        (("path", "caption"), ("photos/{i}.png", "a red circle {i}")),
        (("date", "sales"), ("2020-01-{i:02}", "{i}.5")),
    ],
)
def test_other_tables(tmp_path, header, row):
    """Labels, pictures and numbers are no second text."""
    rows = [[cell.format(i=i, p=i % 2) for cell in row] for i in range(1, 29)]
    file = write(tmp_path / "t.csv", rows, header, ",")
    assert detect_pairs(str(file), {}) is None


def test_faults(tmp_path):
    """Empty sides and copies in two splits are left out, each with its line."""
    rows = [
        ("train", "one", "1"),
        ("test", "two", "2"),
        ("train", "", "3"),
        ("dev", "four", ""),
        ("", "two", "2"),
    ]
    file = write(tmp_path / "a.tsv", rows, ("split", "source", "target"))
    found = read_pairs(file, {})
    assert [(p.name, p.split) for p in found.pairs] == [
        ("a.tsv#2", "train"),
        ("a.tsv#3", "test"),
    ]
    assert [(p.path, p.kind) for p in found.problems] == [
        ("a.tsv#4", "empty side"),
        ("a.tsv#5", "empty side"),
        ("a.tsv#6", "copy across splits"),
    ]
    file = write(
        tmp_path / "b.tsv", [("a", "b", "tset")], ("source", "target", "split")
    )
    with pytest.raises(DataError, match="unknown split 'tset'"):
        read_pairs(file, {})
    with pytest.raises(DataError, match="no pair of texts that has both sides"):
        read_pairs(write(tmp_path / "c.tsv", [("a", "")]), {})
    with pytest.raises(DataError, match="is no table of pairs"):
        read_pairs(tmp_path / "none", {})


def test_options(tmp_path):
    """Options name the columns, and wrong names are refused."""
    rows = [("x", "one", "1"), ("y", "two", "2")]
    file = write(tmp_path / "a.tsv", rows, ("key", "left", "right"))
    with pytest.raises(DataError, match="are not recognised"):
        read_pairs(file, {})
    sides = {"source_column": "right", "target_column": "left"}
    assert detect(str(file), sides).data == "text_pairs"
    assert read_pairs(file, sides).pairs[0].source == "1"
    with pytest.raises(ConfigError, match=r"no such column.*right"):
        find_sides(read_table(file), {**sides, "source_column": "rigt"})
    with pytest.raises(ConfigError, match="both read from the column 'left'"):
        find_sides(read_table(file), {**sides, "source_column": "left"})


def test_encodings(tmp_path):
    """Windows-1252 and UTF-16 are read; a file that is no text is refused."""
    rows = "source\ttarget\ncafé\tthé\nbœuf\tâne\n"
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        file = tmp_path / f"{encoding}.tsv"
        file.write_bytes(rows.encode(encoding))
        assert [p.source for p in read_pairs(file, {}).pairs] == ["café", "bœuf"]
    file = tmp_path / "binary.tsv"
    file.write_bytes(b"\x00\x01" * 500)
    with pytest.raises(DataError, match="no table of texts"):
        read_pairs(file, {})
