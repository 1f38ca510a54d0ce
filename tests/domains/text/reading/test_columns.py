"""Columns of texts and labels, by options, names and cells."""

import pytest

from tests.domains.text.classification.tiny import sentences, table
from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.text.reading.columns import find_columns, refuse_numbers
from tfapp.domains.text.reading.table import read_table


def columns(path, rows, header, **options):
    """Return the names of the columns found for texts and labels."""
    read = read_table(table(path / "t.csv", rows, header))
    found = find_columns(read, options)
    return read.header[found.text], read.header[found.label]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("label", "text"), ("text", "label")),
        (("v1", "v2"), ("v2", "v1")),
        (("kind of it", "what was said"), ("what was said", "kind of it")),
    ],
)
def test_names_and_cells_tell(tmp_path, header, expected):
    """Telling names come first; else long cells are texts, and few values labels."""
    assert columns(tmp_path, sentences(), header) == expected


def test_options_win(tmp_path):
    """Columns that are named are taken, in any case; unknown names get a hint."""
    rows = [(a, b, a[0], f"{b} too") for a, b in sentences()]
    header = ("label", "text", "letter", "again")
    found = columns(tmp_path, rows, header, text_column="AGAIN", label_column="letter")
    assert found == ("again", "letter")
    with pytest.raises(ConfigError, match="Did you mean 'letter'"):
        columns(tmp_path, rows, header, label_column="leter")
    with pytest.raises(ConfigError, match="both read from the column 'text'"):
        columns(tmp_path, rows, header, text_column="text", label_column="text")


def test_no_such_column(tmp_path):
    """Without texts or labels the message names the option."""
    with pytest.raises(DataError, match="--text"):
        columns(tmp_path, [(i, i * 2.5) for i in range(9)], ("a", "b"))
    with pytest.raises(DataError, match="--label"):
        columns(tmp_path, [(t,) for _, t in sentences()], ("text",))


def test_quantities_are_no_classes(tmp_path):
    """Many different numbers are refused; few whole ones are classes."""
    for values, refused in ((range(120), True), ([1, 2, 5] * 40, False)):
        rows = [(n, t) for n, (_, t) in zip(values, sentences(), strict=True)]
        read = read_table(table(tmp_path / "t.csv", rows, ("score", "text")))
        found = find_columns(read, {})
        if refused:
            with pytest.raises(DataError, match="'score' holds 120 different numbers"):
                refuse_numbers(read, found)
        else:
            refuse_numbers(read, found)
