"""Splits, scaling and windows against loops over a small table."""

from dataclasses import replace

import numpy as np
import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.series.reading.columns import ColumnOptions
from tfapp.domains.series.reading.spec import ReadOptions
from tfapp.domains.series.reading.table import read_series
from tfapp.domains.series.scaling import fit_scaling, read_scaling
from tfapp.domains.series.splitting import (
    cut_by_shares,
    cut_by_steps,
    default_window,
    require_values,
)
from tfapp.domains.series.windows import find_origins, make_windows

STEPS = 120
VALUES = np.random.default_rng(0).normal(7, 3, (STEPS, 2)).round(3)
HOURS = np.arange("2026-01-01T00", STEPS, dtype="datetime64[h]")


@pytest.fixture
def table(tmp_path):
    """Two series, a covariate of the future and one of the past, 120 hours."""

    def read(values=VALUES, holiday=None):
        holiday = np.arange(STEPS) % 24 if holiday is None else holiday
        rows = ["date,a,b,holiday,rain"]
        for i, (time, (a, b)) in enumerate(zip(HOURS, values, strict=True)):
            cells = [str(v) if v == v else "" for v in (a, b, holiday[i], i / 7)]
            rows.append(",".join([f"{time}:00", *cells]))
        path = tmp_path / "t.csv"
        path.write_text("\n".join(rows))
        columns = ColumnOptions(targets=("a", "b"), future=("holiday",))
        return read_series(path, ReadOptions(columns))

    return read


def test_parts_follow_each_other_in_time(table):
    """Shares as they are meant: the test part of all, validation of the rest."""
    cuts = cut_by_shares(table(), validation=0.25, test=0.2)
    [item] = table().items
    found = [cuts.steps(item, s) for s in ("train", "validation", "test")]
    assert found == [slice(0, 72), slice(72, 96), slice(96, 120)]
    cuts = cut_by_steps(table(), (60, 20, 10))
    assert cuts.steps(item, "test") == slice(80, 90)
    with pytest.raises(ConfigError, match="split_steps.*in all 120"):
        cut_by_steps(table(), (60, 60, 10))


def test_scaling_knows_the_training_part_alone(table):
    """Means and deviations by NumPy; later values change nothing."""
    cuts = cut_by_steps(table(), (70, 30, 20))
    scaling = fit_scaling(table(), cuts)
    np.testing.assert_allclose(scaling.targets[0, 0], VALUES[:70].mean(axis=0))
    np.testing.assert_allclose(scaling.targets[0, 1], VALUES[:70].std(axis=0))
    later = VALUES.copy()
    later[70:] *= 100
    np.testing.assert_array_equal(
        fit_scaling(table(later), cuts).targets, scaling.targets
    )
    again = read_scaling(scaling.describe())
    np.testing.assert_array_equal(again.targets, scaling.targets)
    np.testing.assert_array_equal(again.future, scaling.future)
    assert again.names == ("",)


def test_constant_series_are_divided_by_one(table):
    """Neither a division by zero nor an echo of rounding."""
    values = VALUES.copy()
    values[:, 1] = 0.1
    scaling = fit_scaling(table(values), cut_by_steps(table(), (70, 30, 20)))
    assert scaling.targets[0, 1, 1] == 1
    values[:, 0] = 3
    with pytest.raises(DataError, match="every series is constant"):
        require_values(table(values))
    require_values(table())


def test_windows_are_cut_where_a_loop_cuts_them(table):
    """History, covariates and answers of every origin of every split."""
    loaded = table()
    cuts = cut_by_steps(loaded, (70, 30, 20))
    origins = find_origins(loaded, cuts, window=10, horizon=5)
    assert [o.step for o in origins["train"]] == list(range(10, 66))
    assert [o.step for o in origins["validation"]] == list(range(70, 96))
    assert [o.step for o in origins["test"]] == list(range(100, 116))
    scaling = fit_scaling(loaded, cuts)
    windows = make_windows(loaded, scaling, 10, 5)
    rows = windows.rows(origins["test"])
    inputs = {name: view[rows] for name, view in windows.inputs.items()}
    assert windows.names[rows[3]] == "t.csv#@2026-01-05T07:00:00"
    assert sorted(inputs) == ["future", "history", "past"]
    mean, deviation = VALUES[:70].mean(axis=0), VALUES[:70].std(axis=0)
    for i, step in enumerate(range(100, 116)):
        history = (VALUES[step - 10 : step] - mean) / deviation
        np.testing.assert_allclose(inputs["history"][i], history, atol=1e-5)
        answer = (VALUES[step : step + 5] - mean) / deviation
        found = windows.answers[rows][i]
        np.testing.assert_allclose(found, answer, atol=1e-5)
        hour = np.arange(step - 10, step + 5) % 24
        back = inputs["future"][i, :, 0] * scaling.future[1] + scaling.future[0]
        np.testing.assert_allclose(back, hour, atol=1e-4)
        assert inputs["past"].shape == (16, 10, 1)
    assert windows.weights is None
    strided = find_origins(loaded, cuts, 10, 5, stride=4)
    assert strided["train"] == origins["train"][::4]
    assert strided["test"] == origins["test"]


def test_filled_values_have_no_weight_and_long_gaps_no_window(table):
    """A hole of one is filled and not judged; one of nine is avoided."""
    values = VALUES.copy()
    values[20, 0] = np.nan
    values[40:49] = np.nan
    loaded = table(values)
    cuts = cut_by_steps(loaded, (70, 30, 20))
    origins = find_origins(loaded, cuts, 10, 5)["train"]
    steps = [o.step for o in origins]
    assert steps == [*range(10, 36), *range(59, 66)]
    windows = make_windows(loaded, fit_scaling(loaded, cuts), 10, 5)
    weights = windows.weights[windows.rows(origins)]
    assert weights.shape == (33, 5, 2)
    assert (weights == 0).sum() == 5
    assert weights[steps.index(18), 2, 0] == 0
    assert not np.isnan(windows.answers[windows.rows(origins)]).any()


def test_missing_covariates_of_the_future_are_named(table):
    """Column and times, never a NaN in a network."""
    holiday = (np.arange(STEPS) % 24).astype(float)
    holiday[50:56] = np.nan
    loaded = table(holiday=holiday)
    cuts = cut_by_steps(loaded, (70, 30, 20))
    with pytest.raises(
        DataError, match=r"'holiday', known in the future, .*2026-01-03 02:00:00"
    ):
        find_origins(loaded, cuts, 10, 5)


def test_series_that_are_too_short_are_refused_or_left_out(table, tmp_path):
    """All too short: an error with numbers. One of many: the others are used."""
    loaded = table()
    cuts = cut_by_steps(loaded, (70, 30, 20))
    message = "120|longest series has 20 steps in test; .* 10 and .* 24 steps need 24"
    with pytest.raises(DataError, match=message):
        find_origins(loaded, cuts, 10, 24)
    [item] = loaded.items
    short = replace(
        item,
        name="short",
        times=item.times[:8],
        targets=item.targets[:8],
        observed=item.observed[:8],
        future=item.future[:8],
        past=item.past[:8],
    )
    both = replace(loaded, items=(item, short))
    assert {o.item for o in find_origins(both, cuts, 10, 5)["train"]} == {0}


def test_columns_of_different_lengths_become_series_of_their_own(tmp_path):
    """One series of two starts later: each is read alone, with a note."""
    rows = ["date,a,b"]
    rows += [f"{t}:00,{i},{i if i > 60 else ''}" for i, t in enumerate(HOURS)]
    path = tmp_path / "u.csv"
    path.write_text("\n".join(rows))
    loaded = read_series(path)
    assert [i.name for i in loaded.items] == ["a", "b"]
    assert loaded.items[0].targets.shape == (STEPS, 1)
    assert "different lengths" in [p.kind for p in loaded.problems]
    cuts = cut_by_steps(loaded, (80, 20, 20))
    origins = find_origins(loaded, cuts, 10, 5)
    assert {o.item for o in origins["train"]} == {0, 1}
    scaling = fit_scaling(loaded, cuts)
    windows = make_windows(loaded, scaling, 10, 5)
    second = next(o for o in origins["train"] if o.item == 1)
    [row] = windows.rows([second])
    mean, deviation = scaling.targets[1, :, 0]
    back = windows.answers[row, :, 0] * deviation + mean
    np.testing.assert_allclose(back, np.arange(second.step, second.step + 5), atol=1e-3)


def test_the_default_window_is_whole_seasons(table):
    """Of 90 training hours three windows fit if each is a day."""
    loaded = table()
    cuts = cut_by_steps(loaded, (90, 10, 10))
    assert default_window(loaded, cuts, horizon=5) == 24
    assert default_window(loaded, cut_by_steps(loaded, (20, 5, 5)), 5) == 5
