"""What `check` reports and what `fit` chooses."""

import numpy as np
import pytest

from tests.domains.series.tiny import long, wide
from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.domains.series.check import check_series
from tfapp.domains.series.plan import plan
from tfapp.recipes.config import DataConfig
from tfapp.recipes.plan import Machine


def checked(path):
    """Return the report of a file."""
    config = DataConfig(path=str(path))
    return check_series(LoadContext(config, 0, None, path.parent))


def test_the_report_names_series_steps_and_times(tmp_path):
    """In lines for the terminal, and as JSON."""
    report = checked(wide(tmp_path / "w.csv"))
    assert report.lines()[0] == "w.csv: 1 series of a, b, 240 steps of 1 month"
    assert "from 2000-01-01 to 2019-12-01, 0.00% missing" in report.lines()[1]
    assert report.lines()[-1] == "Nothing to complain about."
    assert report.to_json()["season"] == 12
    assert report.training_windows == 173 - 48 - 12 + 1


def test_findings_are_listed_by_kind(tmp_path):
    """Gaps and missing values with their share."""
    path = wide(tmp_path / "w.csv")
    rows = path.read_text().splitlines()
    del rows[100:110]
    path.write_text("\n".join(rows))
    report = checked(path)
    assert report.missing == pytest.approx(10 / 240)
    assert any(line.startswith("used with care: gaps, 1") for line in report.lines())


def test_fit_chooses_by_the_length_of_the_data(tmp_path):
    """Few windows get a linear path and many passes, many get few."""
    few = plan(checked(wide(tmp_path / "w.csv")), Machine())
    assert few.table["data"]["options"] == {"horizon": 12, "window": 48}
    assert few.table["model"]["options"] == {
        "cell": "gru",
        "linear_path": True,
        "see_level": False,
        "segment": 12,
    }
    many = plan(checked(long(tmp_path / "l.csv", steps=4000)), Machine())
    assert not many.table["model"]["options"]["linear_path"]
    assert many.table["training"]["epochs"] < few.table["training"]["epochs"]
    assert any("recurrent_forecaster" in reason for reason in many.reasons)


def test_series_without_a_window_are_refused(tmp_path):
    """Thirteen months cannot teach a year."""
    path = tmp_path / "s.csv"
    months = np.datetime64("2025-01", "M") + np.arange(13)
    path.write_text("month,a\n" + "\n".join(f"{m},{i}" for i, m in enumerate(months)))
    with pytest.raises(DataError, match="13 steps of 1 month are too few"):
        plan(checked(path), Machine())
