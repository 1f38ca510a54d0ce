"""From the outputs of a network to all that is known of how good its numbers are."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Protocol, cast

import numpy as np

from tfapp.data.spec import Dataset, Example
from tfapp.problems.regression.metrics import (
    LEVEL,
    NumberAnswers,
    conformal_half_widths,
    regression_metrics,
)
from tfapp.problems.regression.scaling import TargetScaling
from tfapp.report.blocks import Fact, Table
from tfapp.report.wording import amount, amount_interval, percent, percent_interval
from tfapp.tasks.results import (
    Calibration,
    PrimaryMetric,
    Quantity,
    Results,
    require_tested,
)
from tfapp.tasks.scores import score_table
from tfapp.tasks.spec import Outputs

TOO_FEW = (
    "answers have no intervals: too few validation examples (9 or more are needed)"
)


class NumberDataset(Dataset, Protocol):
    """A dataset whose targets are numbers in deviations from their mean."""

    @property
    def scaling(self) -> TargetScaling:
        """Means and deviations of the training numbers."""


def number_metric(examples: str) -> PrimaryMetric:
    """Return the primary metric of tasks whose answers are numbers.

    Args:
        examples: what the examples are called, in the plural.
    """
    return PrimaryMetric(
        "mae",
        "Mean absolute error",
        "MAE",
        bounds=(0.0, inf),
        better="lower",
        others=(Quantity("r2", "R²", "R²", bounds=(-inf, 1.0)),),
        examples=examples,
        labels="numbers",
    )


def evaluate_regressor(
    metric: PrimaryMetric,
    outputs: Outputs,
    dataset: Dataset,
    calibration: Calibration | None,
) -> Results:
    """Judge the numbers that a network answers for the test split.

    Args:
        metric: as `number_metric` returns.
        outputs: split → float array (examples, numbers), in deviations.
        dataset: a `NumberDataset`.
        calibration: "half_widths" of the intervals; None to fit them on the
            validation split.

    Raises:
        DataError: if the test split holds no example.
        TrainingError: if an answer is not finite.
    """
    data = cast(NumberDataset, dataset)
    require_tested(data.examples["test"], "example", metric.examples, "error")
    if calibration is None:
        calibration = _fitted(outputs, data)
    half_widths = calibration.get("half_widths")
    answers = NumberAnswers(
        data.info.labels,
        *_pair(outputs, data, "test"),
        np.array(data.scaling.deviations),
        np.array(half_widths) if half_widths else None,
    )
    figures = regression_metrics(answers)
    return Results(
        metric=metric,
        figures=figures,
        calibration=calibration,
        scores=_scores(data.examples["test"], answers),
        headline=_headline(figures, answers, metric.examples),
        tables=(targets_table(figures["per_target"]),),
        notes=() if half_widths else (TOO_FEW,),
        evidence=answers,
    )


def targets_table(per_target: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the figures of each number as a table."""
    header = ("Number", "MAE", "95 % interval", "RMSE", "R²", "95 % interval")
    covered = (f"{LEVEL:.0%} interval", "holds the truth")
    has_intervals = any("width" in row for row in per_target.values())
    rows = tuple(_row(name, row) for name, row in per_target.items())
    caption = "Errors in the unit of each number; the interval of an answer is as wide"
    return Table((*header, *(covered if has_intervals else ())), rows, caption)


def _row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    covered: tuple[str, ...] = ()
    if "width" in row:
        covered = (amount(row["width"], ""), percent(row["coverage"]))
    return (
        name,
        amount(row["mae"], ""),
        _interval(row["mae_interval"]),
        amount(row["rmse"], ""),
        amount(row["r2"], ""),
        _interval(row["r2_interval"]),
        *covered,
    )


def _interval(ends: Sequence[float] | None) -> str:
    return "n/a" if ends is None else f"{amount(ends[0], '')} to {amount(ends[1], '')}"


def _pair(
    outputs: Outputs, data: NumberDataset, split: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and answers of a split in the numbers' units."""
    truth = data.targets(data.examples[split])
    return data.scaling.unscaled(truth), data.scaling.unscaled(outputs(split))


def _fitted(outputs: Outputs, data: NumberDataset) -> dict[str, Any]:
    if not data.examples["validation"]:
        return {}
    truth, values = _pair(outputs, data, "validation")
    half_widths = conformal_half_widths(values - truth)
    return {"half_widths": half_widths, "level": LEVEL} if half_widths else {}


def _scores(examples: Sequence[Example], answers: NumberAnswers) -> Table:
    """Return the error of each example, then truth and answer of each number."""
    columns = [f"{what}:{name}" for name in answers.names for what in ("true", "value")]
    pairs = np.stack([answers.truth, answers.values], axis=-1).reshape(
        len(answers.truth), -1
    )
    rows = [[f"{number:.9g}" for number in pair] for pair in pairs]
    scores = answers.scores(answers.values)
    return score_table(
        examples,
        scores.tolist(),
        ("loss", *columns),
        [(f"{s:.6g}", *row) for s, row in zip(scores, rows, strict=True)],
    )


def _headline(
    figures: Mapping[str, Any], answers: NumberAnswers, noun: str
) -> tuple[Fact, ...]:
    several = len(answers.names) > 1
    unit = "training deviations, mean of all numbers" if several else answers.names[0]
    detail = f"{unit}, of {figures['examples']:,} unseen {noun}"
    if figures["mae_interval"]:
        low, high = figures["mae_interval"]
        detail += f"; 95 % interval {amount_interval(low, high, '')}"
    facts = [Fact("MAE", amount(figures["mae"], ""), detail)]
    if figures["r2"] is not None:
        ends = figures["r2_interval"]
        interval = f"; 95 % interval {_interval(ends)}" if ends else ""
        facts.append(
            Fact("R²", f"{figures['r2']:.3f}", f"1 is perfect, 0 the mean{interval}")
        )
    return (*facts, *_coverage(figures["per_target"]))


def _coverage(per_target: Mapping[str, Mapping[str, Any]]) -> tuple[Fact, ...]:
    rows = [row for row in per_target.values() if "width" in row]
    if not rows:
        return ()
    share = float(np.mean([row["coverage"] for row in rows]))
    detail = f"of the truth lies in the {LEVEL:.0%} intervals of the answers"
    if len(rows) == 1:
        detail += f"; 95 % interval {percent_interval(*rows[0]['coverage_interval'])}"
    return (Fact("Truth in interval", percent(share), detail),)
