"""The simple methods that a network has to beat, on the same windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import Ridge

STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0)
MOST_ROWS = 200_000
"""Windows that the ridge regression is fitted on; more are thinned out evenly."""


@dataclass(frozen=True)
class Baseline:
    """Forecasts of a simple method.

    Args:
        name: for the report.
        detail: what was chosen on validation windows.
        validation: float32 (origins, horizon, targets).
        test: the same for the test part.
    """

    name: str
    detail: str
    validation: np.ndarray
    test: np.ndarray


def seasonal_naive(
    validation: np.ndarray,
    truth: np.ndarray,
    test: np.ndarray,
    seasons: Sequence[int],
) -> Baseline:
    """Repeat the last season of the window.

    Args:
        validation: windows, float (origins, window, targets).
        truth: what followed them, float (origins, horizon, targets).
        test: windows of the test part.
        seasons: lengths in steps of which validation windows choose; 1 is the last
            value. Those longer than the window are left out.
    """
    window, horizon = validation.shape[1], truth.shape[1]
    fitting = [s for s in dict.fromkeys(seasons) if s <= window] or [1]

    def forecasts(windows: np.ndarray, season: int) -> np.ndarray:
        return windows[:, window - season + np.arange(horizon) % season]

    def error(season: int) -> float:
        return float(np.mean((forecasts(validation, season) - truth) ** 2))

    best = min(fitting, key=error)
    detail = f"season of {best} steps" if best > 1 else "the last value"
    return Baseline(
        "seasonal naive", detail, forecasts(validation, best), forecasts(test, best)
    )


def ridge(
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    test: np.ndarray,
) -> Baseline:
    """Weighted sums of the window in closed form, the same for all targets.

    The last value is taken from the window and added to the forecast again, or not;
    that and the strength of the penalty are what validation windows like best.

    Args:
        train: windows (origins, window, targets) and what followed them.
        validation: the same.
        test: windows of the test part.
    """
    best: tuple[float, str, np.ndarray, np.ndarray] | None = None
    for relative in (True, False):
        inputs, answers = _rows(*train, relative)
        for strength in STRENGTHS:
            model = Ridge(strength, fit_intercept=not relative, solver="cholesky")
            model.fit(inputs, answers)
            found = _forecast(model, validation[0], relative)
            error = float(np.mean((found - validation[1]) ** 2))
            if best is None or error < best[0]:
                detail = f"penalty {strength:g}" + (", last value" if relative else "")
                best = error, detail, found, _forecast(model, test, relative)
    if best is None:
        raise AssertionError("STRENGTHS is empty")
    return Baseline("ridge regression", *best[1:])


def _rows(
    windows: np.ndarray, answers: np.ndarray, relative: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return float64 rows (origins * targets, window) and answers, evenly thinned."""
    every = max(1, len(windows) * windows.shape[2] // MOST_ROWS)
    x, y = (_flat(a[::every]).astype(float) for a in (windows, answers))
    last = x[:, -1:] if relative else 0.0
    return x - last, y - last


def _forecast(model: Ridge, windows: np.ndarray, relative: bool) -> np.ndarray:
    x = _flat(windows).astype(float)
    last = x[:, -1:] if relative else 0.0
    found = model.predict(x - last).reshape(len(x), -1) + last
    shape = (len(windows), windows.shape[2], -1)
    return found.reshape(shape).transpose(0, 2, 1).astype(np.float32)


def _flat(windows: np.ndarray) -> np.ndarray:
    """Return (origins * targets, steps) of (origins, steps, targets)."""
    return windows.transpose(0, 2, 1).reshape(-1, windows.shape[1])
