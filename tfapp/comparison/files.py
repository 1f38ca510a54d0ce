"""A comparison as tables for programs: JSON and CSV."""

import csv
import io
from math import isfinite, nan
from pathlib import Path
from typing import Any

from tfapp.base.csv_cells import safe_cell
from tfapp.base.files import write_json, write_text
from tfapp.comparison.compared import Comparison
from tfapp.comparison.groups import Group, has_interval
from tfapp.report.wording import encodable


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """Write comparison.json and comparison.csv, each whole or not at all.

    The CSV (UTF-8, RFC 4180) has a row per group: name, runs, the figures with their
    spreads, and intervals where they have them, seconds, test_examples, trained_on,
    parameters; against the best group: difference, its interval, the corrected
    p-value, real (true or false) and paired (empty for the best itself); then a
    column for each setting that differs. What is not known is empty.

    Raises:
        TfappError: if a file cannot be written.
    """
    write_json(folder / "comparison.json", comparison.to_json())
    rows = [_row(i, comparison) for i in range(len(comparison.groups))]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({k: safe_cell(v) for k, v in row.items()} for row in rows)
    write_text(folder / "comparison.csv", encodable(text.getvalue()))


def _row(index: int, comparison: Comparison) -> dict[str, Any]:
    group = comparison.groups[index]
    row: dict[str, Any] = {"group": group.name, "runs": len(group.records)}
    for quantity in (group.metric, *group.metric.others):
        row |= _figure(group, quantity.key)
        if has_interval(comparison.groups, quantity):
            low, high = group.interval_of(quantity) or (nan, nan)
            row[f"{quantity.key}_low"] = _written(low)
            row[f"{quantity.key}_high"] = _written(high)
    row |= {
        **_figure(group, "seconds"),
        "test_examples": len(group.tested),
        "trained_on": group.trained_on,
        "parameters": "" if group.parameters is None else group.parameters,
        **_to_best(index, comparison),
    }
    return row | {key: group.settings.get(key, "") for key in comparison.keys}


def _figure(group: Group, name: str) -> dict[str, str]:
    mean, spread = group.figure(name)
    return {name: _written(mean), f"{name}_spread": _written(spread)}


def _written(value: float) -> str:
    return f"{value:.6f}" if isfinite(value) else ""


def _to_best(index: int, comparison: Comparison) -> dict[str, str]:
    names = ("difference", "low", "high", "p_value", "real", "paired")
    pair = comparison.to_best(index)
    if pair is None:
        return {f"to_best_{name}": "" for name in names}
    values = (
        f"{pair.estimate.difference:.6f}",
        _written(pair.estimate.low),
        _written(pair.estimate.high),
        f"{pair.corrected:.6f}",
        str(pair.real).lower(),
        str(pair.estimate.paired).lower(),
    )
    return {f"to_best_{n}": value for n, value in zip(names, values, strict=True)}
