"""Figures, baselines and report sections of a trained forecaster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, cast

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.spec import SPLITS, Dataset, Example
from tfapp.domains.series.dataset import SeriesDataset
from tfapp.domains.series.forecasting.assessment import (
    METRICS,
    Judged,
    Part,
    interval_figures,
    judge,
    judge_baselines,
    margin,
    verdict,
)
from tfapp.domains.series.intervals import (
    ConformalIntervals,
    fit_intervals,
    read_intervals,
)
from tfapp.domains.series.metrics import seasonal_scale
from tfapp.domains.series.scaling import scaled
from tfapp.report.blocks import Fact
from tfapp.report.wording import count
from tfapp.tasks.results import (
    Baseline,
    Calibration,
    PrimaryMetric,
    Quantity,
    Results,
)
from tfapp.tasks.scores import score_table
from tfapp.tasks.spec import Outputs

METRIC = PrimaryMetric(
    key="mse",
    title="Mean squared error",
    short="MSE",
    bounds=(0.0, inf),
    better="lower",
    others=(
        Quantity("mae", "Mean absolute error", "MAE", bounds=(0.0, inf)),
        Quantity("mase", "Mean absolute scaled error", "MASE", bounds=(0.0, inf)),
    ),
    examples="forecasts",
    labels="series",
)


@dataclass(frozen=True)
class Evidence:
    """What the sections of the report are made from.

    Args:
        methods: the network first, then the baselines.
        sentence: the verdict.
        part: test windows.
        forecasts: of the network, scaled (origins, horizon, targets).
        intervals: around them, None if they were not calibrated.
        coverage: figures of the intervals by level.
    """

    methods: list[Judged]
    sentence: str
    part: Part
    forecasts: np.ndarray
    intervals: ConformalIntervals | None
    coverage: dict[str, Any]


def evaluate_forecaster(
    outputs: Outputs, data: Dataset, calibration: Calibration | None
) -> Results:
    """Judge forecasts of the test part next to simple methods on the same windows.

    Args:
        outputs: split → scaled forecasts, float (origins, horizon, targets).
        data: windows of series.
        calibration: "intervals", as `ConformalIntervals.describe` gives them; None to
            fit them on the validation part.

    Raises:
        DataError: if the test part holds no window.
    """
    dataset = cast(SeriesDataset, data)
    if not dataset.examples["test"]:
        raise DataError("No window is left for the test part. Give longer series.")
    parts = _parts(dataset)
    test = parts["test"]
    forecasts = np.asarray(outputs("test"), np.float32)
    network = judge("network", "", forecasts, test)
    intervals = _intervals(outputs, parts, calibration)
    simple = _baselines(dataset, parts)
    sentence = verdict(network, simple, test) if simple else ""
    covered = interval_figures(intervals, forecasts, test) if intervals else {}
    return Results(
        metric=METRIC,
        figures=_figures(network, covered),
        calibration={"intervals": intervals.describe()} if intervals else {},
        scores=_scores(dataset.examples["test"], network),
        headline=_headline(network, len(forecasts), covered),
        baselines=tuple(
            Baseline(
                f"{m.name} ({m.detail})",
                m.figures["mse"]["value"],
                _ends(m),
                margin(network, m, test),
            )
            for m in simple
        ),
        evidence=Evidence(
            [network, *simple], sentence, test, forecasts, intervals, covered
        ),
    )


def _parts(dataset: SeriesDataset) -> dict[str, Part]:
    """Return the windows of every split that has some."""
    items = range(len(dataset.table.items))
    unit = np.stack([_naive_error(dataset, number) for number in items])
    used = [split for split, examples in dataset.examples.items() if examples]
    return {split: _part(dataset, split, unit) for split in used}


def _part(dataset: SeriesDataset, split: str, unit: np.ndarray) -> Part:
    origins = [dataset.origins[e.name] for e in dataset.examples[split]]
    rows = dataset.windows.rows(origins)
    windows, items = dataset.windows, np.array([o.item for o in origins], int)
    times = [dataset.table.items[o.item].times[o.step - 1] for o in origins]
    return Part(
        history=windows.inputs["history"][rows],
        truth=windows.answers[rows],
        weights=None if windows.weights is None else windows.weights[rows],
        times=np.array(times, "datetime64[s]").astype(np.int64),
        unit=unit[items],
    )


def _naive_error(dataset: SeriesDataset, number: int) -> np.ndarray:
    """Return the error of repeating the last season, scaled, (targets,)."""
    item = dataset.table.items[number]
    steps = dataset.cuts.steps(item, "train")
    if steps.start == steps.stop:  # a file that is only tested on
        steps = slice(None)
    moments = dataset.preprocessor.scaling.targets[number]
    values = scaled(item.targets[steps], moments)
    return seasonal_scale(values, dataset.table.frequency.season)


def _intervals(
    outputs: Outputs, parts: Mapping[str, Part], calibration: Calibration | None
) -> ConformalIntervals | None:
    if calibration is not None:
        described = calibration.get("intervals")
        return read_intervals(described) if described else None
    if "validation" not in parts:
        return None
    part = parts["validation"]
    forecasts = np.asarray(outputs("validation"), np.float32)
    return fit_intervals(part.truth, forecasts, part.history, part.weights)


def _baselines(dataset: SeriesDataset, parts: Mapping[str, Part]) -> list[Judged]:
    if len(parts) < len(dataset.examples):  # a file that is only tested on
        return []
    season = dataset.table.frequency.season
    train, validation, test = (parts[split] for split in SPLITS)
    return judge_baselines(train, validation, test, (1, season, 7 * season))


def _figures(network: Judged, covered: dict[str, Any]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for key in METRICS:
        row = network.figures[key]
        figures[key] = row["value"]
        figures[f"{key}_interval"] = [row["low"], row["high"]]
    return figures | {"intervals": covered}


def _ends(method: Judged) -> tuple[float, float]:
    row = method.figures["mse"]
    return row["low"], row["high"]


def _scores(examples: Sequence[Example], network: Judged) -> Any:
    """Return the error of each forecast; one without a value counts as the mean."""
    errors = {
        key: np.where(np.isnan(values), np.nanmean(values), values)
        for key, values in network.errors.items()
    }
    rows = [
        (f"{mae:.6g}", f"{mase:.6g}")
        for mae, mase in zip(errors["mae"], errors["mase"], strict=True)
    ]
    return score_table(examples, errors["mse"].tolist(), ("mae", "mase"), rows)


def _headline(
    network: Judged, number: int, covered: dict[str, Any]
) -> tuple[Fact, ...]:
    mse, mase = network.figures["mse"], network.figures["mase"]
    facts = [
        Fact(
            "MSE",
            f"{mse['value']:.4g}",
            f"of {count(number, 'forecasts')}, values scaled by the training part "
            f"(95 % interval {mse['low']:.4g} to {mse['high']:.4g})",
        ),
        Fact("MASE", f"{mase['value']:.3g}", "below 1 beats repeating the last season"),
    ]
    if covered:
        said = ", ".join(
            f"{row['coverage']:.1%} in the {level} interval"
            for level, row in covered.items()
        )
        facts.append(Fact("Truth", said))
    return tuple(facts)
