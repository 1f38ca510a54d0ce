"""Tables of texts, from many programs."""

import gzip

import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.text.reading.table import read_table


def rows(path, content, name="t.csv", encoding="utf-8", **options):
    """Write a file and return its header and rows of cells."""
    file = path / name
    data = content.encode(encoding)
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    table = read_table(file, **options)
    return table.header, [row for _, row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_spreadsheets(tmp_path, encoding):
    """Letters arrive whole from UTF-8, UTF-16 and Windows-1252."""
    content = "text,label\r\nun café très bon,oui\r\n"
    expected = (("text", "label"), [("un café très bon", "oui")])
    assert rows(tmp_path, content, encoding=encoding) == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path, delimiter):
    """The one that cuts the rows alike, though texts hold others."""
    content = f'text{delimiter}label\n"a; b, c | d"{delimiter}x\n"e, f"{delimiter}y\n'
    header, found = rows(tmp_path, content)
    assert header == ("text", "label")
    assert found == [("a; b, c | d", "x"), ("e, f", "y")]


def test_line_breaks_and_quotes_inside_cells(tmp_path):
    """A quoted cell may hold line breaks, delimiters and doubled quotes."""
    content = 'text,label\n"she said ""no"",\nthen left",x\nplain,y\n'
    table = rows(tmp_path, content)[1]
    assert table == [('she said "no",\nthen left', "x"), ("plain", "y")]


def test_quotes_between_tabs_are_part_of_the_text(tmp_path):
    """Where every line has the same number of tabs, a lone quote is a character."""
    content = 'label\ttext\n0\t"unbalanced is fine\n1\t"a ""quoted"" cell"\n'
    found = rows(tmp_path, content, "t.tsv")[1]
    assert found == [("0", '"unbalanced is fine'), ("1", 'a "quoted" cell')]


def test_no_header_and_gzip(tmp_path):
    """A first row whose label occurs below is no header; .gz is unpacked."""
    content = "ham\tsee you at the station\nspam\twin a prize now\nham\tok then\n"
    content += "ham\tcome home\nspam\tcall now\n"
    header, found = rows(tmp_path, content, "t.tsv.gz")
    assert header == ("column 1", "column 2")
    assert len(found) == 5


def test_a_cell_of_ten_megabytes(tmp_path):
    """Cells have no limit of length."""
    long = "word " * 2_000_000
    found = rows(tmp_path, f"text,label\n{long},x\nshort,y\n")[1]
    assert [len(row[0]) for row in found] == [len(long), 5]


def test_a_quote_that_never_ends_names_its_line(tmp_path):
    """At the end of the file, or where a cell holds lines that look like rows."""
    with pytest.raises(DataError, match=r"t\.csv, line 3: a quote"):
        rows(tmp_path, 'text,label\na b,x\n"c d,y\ne f,x\n')
    lines = "".join(f"text {i},x\n" for i in range(8))
    with pytest.raises(DataError, match=r"line 2: a quoted cell .* 7 lines like rows"):
        rows(tmp_path, f'text,label\n"open {lines}closed",x\n')


def test_what_is_no_table(tmp_path):
    """Nothing, bytes, and an impossible delimiter are one line each."""
    with pytest.raises(DataError, match="is empty"):
        rows(tmp_path, "\n \n")
    with pytest.raises(DataError, match="no table of texts"):
        rows(tmp_path, "a\0b,c")
    with pytest.raises(ConfigError, match="one character"):
        rows(tmp_path, "a,b", delimiter="ab")
