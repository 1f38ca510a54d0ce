"""A comparison as tables for programs: JSON and CSV."""

import csv
import io
from pathlib import Path
from typing import Any

from tfapp.evaluation.compared import Comparison
from tfapp.evaluation.wording import encodable
from tfapp.files import write_json, write_text

FIGURES = ("macro_f1", "log_loss", "expected_calibration_error", "seconds")


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """Write comparison.json and comparison.csv, each whole or not at all.

    The CSV (UTF-8, RFC 4180) has a row per group: name, runs, accuracy with its
    spread and interval, the other figures with theirs, test_examples, trained_on,
    parameters; against the best group: difference, its interval, the corrected
    p-value, real (true or false) and paired (empty for the best itself); then a
    column for each setting that differs.

    Raises:
        TfappError: if a file cannot be written.
    """
    write_json(folder / "comparison.json", comparison.to_json())
    rows = [_row(i, comparison) for i in range(len(comparison.groups))]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / "comparison.csv", encodable(text.getvalue()))


def _row(index: int, comparison: Comparison) -> dict[str, Any]:
    group = comparison.groups[index]
    low, high = group.interval
    row: dict[str, Any] = {
        "group": group.name,
        "runs": len(group.records),
        "accuracy": f"{group.scores.accuracy:.6f}",
        "accuracy_spread": f"{group.scores.spread:.6f}",
        "accuracy_low": f"{low:.6f}",
        "accuracy_high": f"{high:.6f}",
    }
    for name in FIGURES:
        figure = group.figure(name)
        row |= {name: f"{figure.mean:.6f}", f"{name}_spread": f"{figure.spread:.6f}"}
    row |= {
        "test_examples": len(group.tested),
        "trained_on": group.trained_on,
        "parameters": "" if group.parameters is None else group.parameters,
        **_to_best(index, comparison),
    }
    return row | {key: group.settings.get(key, "") for key in comparison.keys}


def _to_best(index: int, comparison: Comparison) -> dict[str, str]:
    names = ("difference", "low", "high", "p_value", "real", "paired")
    pair = comparison.to_best(index)
    if pair is None:
        return {f"to_best_{name}": "" for name in names}
    values = (
        f"{pair.found.difference:.6f}",
        f"{pair.found.low:.6f}",
        f"{pair.found.high:.6f}",
        f"{pair.corrected:.6f}",
        str(pair.real).lower(),
        str(pair.found.paired).lower(),
    )
    return {f"to_best_{n}": value for n, value in zip(names, values, strict=True)}
