"""Files as users have them, read to numbers that NumPy made."""

import os

import numpy as np
import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.series.reading.columns import ColumnOptions
from tfapp.domains.series.reading.grid import GridRules
from tfapp.domains.series.reading.spec import ReadOptions
from tfapp.domains.series.reading.table import read_series
from tfapp.domains.series.reading.text import read_rows

HOURS = [f"2026-01-{1 + h // 24:02} {h % 24:02}:00" for h in range(100)]
VALUES = np.random.default_rng(0).normal(0, 50, (100, 2)).round(2)


def lines(separator=",", written=str, times=HOURS):
    """Return a wide table of two series as lines."""
    rows = zip(times, VALUES, strict=True)
    body = [separator.join([t, written(a), written(b)]) for t, (a, b) in rows]
    return [separator.join(["date", "a", "b"]), *body]


@pytest.fixture
def file(tmp_path):
    """Write lines to a file, and return its path."""

    def write(rows, encoding="utf-8", name="s.csv"):
        path = tmp_path / name
        path.write_bytes("\n".join(rows).encode(encoding))
        return path

    return write


def kinds(table):
    """Return what was found in a table."""
    return [p.kind for p in table.problems]


def comma(value):
    """Write a number as most of Europe does, with thousands."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


@pytest.mark.parametrize(
    ("separator", "written", "encoding"),
    [
        (",", str, "utf-8"),
        (";", comma, "utf-8-sig"),
        ("\t", comma, "utf-16"),
        (",", lambda v: f'"{comma(v)}"', "cp1252"),
    ],
)
def test_spreadsheets_of_all_countries_are_read(file, separator, written, encoding):
    """Delimiters, decimal commas, byte order marks: the same numbers."""
    table = read_series(file(lines(separator, written), encoding))
    assert table.roles.targets == ("a", "b")
    assert str(table.frequency) == "1 hour"
    [item] = table.items
    np.testing.assert_array_equal(item.targets, VALUES)
    assert item.observed.all()
    assert not table.problems


def test_disorder_duplicates_and_gaps_are_reported_and_put_right(file):
    """Sorted, averaged, filled by a line where short; long gaps stay open."""
    rows = lines()
    body = rows[1:]
    del body[50:60], body[10]
    body = [*reversed(body[:5]), *body[5:], f"{HOURS[20]},1000,0"]
    table = read_series(file([rows[0], *body]))
    assert kinds(table) == [
        "disorder",
        "duplicates",
        "gaps",
        "missing values",
        "missing values",
    ]
    assert "11 of 100 timestamps are missing" in table.problems[2].detail
    [item] = table.items
    assert item.targets.shape == (100, 2)
    assert item.targets[20, 0] == pytest.approx((VALUES[20, 0] + 1000) / 2)
    assert item.targets[10, 0] == pytest.approx(VALUES[[9, 11], 0].mean())
    assert np.isnan(item.targets[50:60]).all()
    assert not item.observed[[10, 50, 59]].any()
    np.testing.assert_array_equal(item.targets[:5], VALUES[:5])


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (GridRules(duplicates="refuse"), "duplicates: 1 timestamps"),
        (GridRules(gaps="refuse"), "gaps: 1 of 100 timestamps are missing"),
    ],
)
def test_duplicates_and_gaps_can_be_refused(file, rules, message):
    """The options turn the reports into errors."""
    rows = lines()
    rows[7] = rows[6]
    with pytest.raises(DataError, match=message):
        read_series(file(rows), ReadOptions(grid=rules))


def test_clock_changes_are_recognised(file):
    """A missing hour in a Sunday night of March is summer time."""
    hours = np.arange("2026-03-28T00", "2026-04-01T04", dtype="datetime64[h]")
    times = [str(t).replace("T", " ") + ":00" for t in hours]
    rows = lines(times=times)
    del rows[1 + times.index("2026-03-29 02:00")]
    table = read_series(file(rows))
    assert kinds(table)[0] == "gaps"
    assert "look like clock changes" in table.problems[0].detail


def test_long_tables_hold_many_series(file):
    """An id column, rows in any order, static columns and classes."""
    rows = ["unique_id,ds,y,size,region"]
    for hour in range(50):
        rows += [
            f"{name},{HOURS[hour]},{VALUES[hour, i]},{i + 1},{'nesw'[i]}"
            for i, name in enumerate(("x", "w"))
        ]
    options = ReadOptions(ColumnOptions(static=("size", "region")))
    table = read_series(file(rows), options)
    assert (table.roles.item, table.roles.targets) == ("unique_id", ("y",))
    assert [i.name for i in table.items] == ["w", "x"]
    np.testing.assert_array_equal(table.items[1].targets[:, 0], VALUES[:50, 0])
    assert table.static_names == ("size", "region=e", "region=n")
    np.testing.assert_array_equal(table.items[0].static, [2, 1, 0])


def test_covariates_are_told_apart(file):
    """Named targets leave the rest known until now; later rows are the future."""
    rows = lines()
    rows[0] = "date,a,b,holiday"
    rows[1:] = [f"{row},{i % 2}" for i, row in enumerate(rows[1:])]
    rows.append("2026-01-05 04:00,,,1")
    columns = ColumnOptions(targets=("a",), future=("holiday",))
    [item] = read_series(file(rows), ReadOptions(columns)).items
    assert item.targets.shape == (101, 1)
    assert np.isnan(item.targets[100]).all()
    assert item.future[100, 0] == 1
    np.testing.assert_array_equal(item.past[:100, 0], VALUES[:, 1])


def test_a_date_and_a_time_of_day_make_a_timestamp(file):
    """Two columns, as instruments write them."""
    rows = ["Date;Time;CO"]
    rows += [f"{t[8:10]}/01/2026;{t[11:13]}.00.00;{i},5" for i, t in enumerate(HOURS)]
    options = ReadOptions(time_format="%d/%m/%Y %H.%M.%S")
    table = read_series(file(rows), options)
    assert table.roles.time == ("Date", "Time")
    assert str(table.frequency) == "1 hour"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([""], "is empty"),
        (["date,a"], "has 1 row"),
        (["a", "1", "2"], "single column 'a'"),
        (["date,a,a", "2026-01-01,1,2"], "two columns named 'a'"),
        (["date,a", "2026-01-01,1,5"], "line 2: 3 cells"),
        (["a,b", "1,2", "3,4"], "no column of timestamps"),
        (["date,name", "2026-01-01,x", "2026-01-02,y"], "no column of numbers"),
        (["image,label", "cats/1.jpg,cat", "dogs/2.jpg,dog"], "list of photos"),
        (["date,a", "2026-01-01,inf", "2026-01-02,1"], "line 2: 'inf' is infinite"),
        (["date,a", "2026-01-01,1", "2026-01-01,1", "2026-01-01,2"], "repeat"),
    ],
)
def test_files_that_are_no_series_are_refused_in_one_line(file, rows, message):
    """What is wrong with the file, and what was expected."""
    with pytest.raises(DataError, match=message) as error:
        read_series(file(rows))
    assert "\n" not in str(error.value)


def test_photos_and_missing_files_are_refused(file, tmp_path):
    """Binary content and no file at all."""
    (tmp_path / "p.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0" + os.urandom(50))
    with pytest.raises(DataError, match="not a text file"):
        read_series(tmp_path / "p.csv")
    assert read_rows(tmp_path / "p.csv", 2) == []
    with pytest.raises(DataError, match="No such file"):
        read_series(tmp_path / "none.csv")


def test_options_that_name_no_column_are_refused(file):
    """A spelling mistake gets a proposal; two roles are refused."""
    path = file(lines())
    columns = ColumnOptions(targets=("aa",))
    with pytest.raises(ConfigError, match=r"no column 'aa'\. Did you mean 'a'"):
        read_series(path, ReadOptions(columns))
    with pytest.raises(ConfigError, match="'a' is both targets and past"):
        read_series(path, ReadOptions(ColumnOptions(targets=("a",), past=("a",))))


def test_constant_series_are_noted(file):
    """A series that never changes is no reason to stop."""
    rows = lines(written=lambda v: "7")
    assert kinds(read_series(file(rows))) == ["constant", "constant"]


def test_the_header_is_read_without_the_rest(file):
    """Detection looks at names only."""
    assert read_rows(file(lines(";", comma)), 1) == [("date", "a", "b")]
