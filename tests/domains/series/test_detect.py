"""Files that are series, and files that only look like it."""

import pytest

from tfapp.domains.series.detect import detect


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("a.csv", ["date,a", "2026-01-01,1"]),
        ("a.tsv", ["unique_id\tds\ty", "x\t2026-01-01\t1"]),
        ("a.csv", ["Monat;Zahl", "01.02.2026;1,5"]),
        ("a.csv", ["Month,Passengers", "1949-01,112"]),
        ("a.csv", ["timestamp,a", "1467374400,112"]),
    ],
)
def test_tables_with_times_are_series(tmp_path, name, rows):
    """By the name of the column, or by the first cell."""
    (tmp_path / name).write_text("\n".join(rows))
    found = detect(str(tmp_path / name))
    assert (found.data, found.task) == ("series", "forecasting")
    assert "holds times" in found.why


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("a.csv", ["path,label", "cats/1.jpg,cat"]),
        ("a.csv", ["path,label,date", "cats/1.jpg,cat,unknown"]),
        ("a.csv", ["a,b", "1,2"]),
        ("a.csv", ["date", "2026-01-01"]),
        ("a.csv", [""]),
        ("a.jpg", ["date,a", "2026-01-01,1"]),
    ],
)
def test_other_files_are_left_to_others(tmp_path, name, rows):
    """Photos, plain numbers, a single column, nothing, another suffix."""
    (tmp_path / name).write_text("\n".join(rows))
    assert detect(str(tmp_path / name)) is None
    assert detect(str(tmp_path / "none.csv")) is None
    assert detect("") is None
