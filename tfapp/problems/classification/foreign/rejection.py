"""Familiarity in the results of a classifier: fitted, measured, said in words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfapp.base.errors import ConfigError
from tfapp.base.intervals import wilson_interval
from tfapp.data.spec import Dataset
from tfapp.problems.classification.foreign.familiarity import (
    Familiarity,
    fit_familiarity,
    read_familiarity,
    smallest_held_out,
)
from tfapp.report.blocks import Fact, Section, Table
from tfapp.report.wording import percent, percent_interval
from tfapp.tasks.results import Calibration, Results
from tfapp.tasks.spec import Inside

MOST_LEARNED = 3000
"""Training examples whose features typical ones are found among."""
KEY = "familiarity"


def check_keep(keep: float) -> None:
    """Refuse a share that cannot be kept.

    Raises:
        ConfigError: if it is not 0 (nothing is rejected) or in [0.5, 1).
    """
    if keep and not 0.5 <= keep < 1.0:
        raise ConfigError(
            "`task_options.keep` must be 0, to reject nothing, or the share of the "
            "examples of the classes that is kept, from 0.5 to below 1. Received: "
            f"{keep!r}"
        )


def with_rejection(
    keep: float,
    results: Results,
    dataset: Dataset,
    calibration: Calibration | None,
    inside: Inside,
) -> Results:
    """Return results that know how familiar examples look.

    Args:
        keep: share of examples of the classes that is to be kept; 0 for nothing new.
        results: of `evaluate_classifier`.
        dataset: gives the examples.
        calibration: with "familiarity", of a trained model; None to fit it.
        inside: of the network; without features nothing is added but a note.

    Returns:
        results with "familiarity" among calibration and figures: `keep`, the
        `threshold`, and how many test examples were `kept`, with its interval.
    """
    if calibration is None:
        if not keep:
            return results
        fitted, note = _fitted(keep, dataset, inside)
    else:
        table, note = calibration.get(KEY), ""
        fitted = None if table is None else read_familiarity(table)
    if note:
        results = replace(results, notes=(*results.notes, note))
    if fitted is None:
        return results
    seen = inside("test", range(len(dataset.examples["test"])))
    if seen is None:
        return results
    kept = int((~fitted.rejected(seen)).sum())
    low, high = wilson_interval(kept, len(seen))
    figures: dict[str, Any] = {"keep": fitted.keep, "threshold": fitted.threshold}
    figures |= {"kept": kept / len(seen), "kept_interval": [low, high]}
    fact = Fact(
        "Kept as familiar",
        percent(kept / len(seen)),
        f"of the unseen {results.metric.examples}, {percent(fitted.keep)} were asked "
        f"for; 95 % interval {percent_interval(low, high)}",
    )
    return replace(
        results,
        figures=results.figures | {KEY: figures},
        calibration={**results.calibration, KEY: fitted.to_json()},
        headline=(*results.headline, fact),
    )


def _fitted(
    keep: float, dataset: Dataset, inside: Inside
) -> tuple[Familiarity | None, str]:
    """Return the familiarity, or None and why there is none."""
    held_out = range(len(dataset.examples["validation"]))
    if len(held_out) < smallest_held_out(keep):
        return None, (
            f"nothing is rejected as foreign: to keep {percent(keep)}, at least "
            f"{smallest_held_out(keep)} validation examples are needed, and there are "
            f"{len(held_out)}"
        )
    train = dataset.examples["train"]
    order = np.random.default_rng(0).permutation(len(train))[:MOST_LEARNED]
    places: Sequence[int] = np.sort(order).tolist()
    rows = inside("train", places)
    if rows is None:
        return None, (
            "nothing is rejected as foreign: that needs the features of a network with "
            "an extractor and a head, such as 'transfer'"
        )
    labels = dataset.targets([train[place] for place in places])
    return fit_familiarity(rows, labels, inside("validation", held_out), keep), ""


def rejection_sections(results: Results) -> Iterator[Section]:
    """Yield the section on what is rejected, nothing if nothing is.

    Args:
        results: of `with_rejection`.
    """
    figures: Any = results.figures.get(KEY)
    if not figures:
        return
    noun = results.metric.examples
    rows = (
        ("Asked to be kept", percent(figures["keep"])),
        ("Kept of the test split", percent(figures["kept"])),
        ("95 % interval", percent_interval(*figures["kept_interval"])),
        ("Familiarity from which on", f"{figures['threshold']:.3f}"),
    )
    lead = (
        f"{noun.capitalize()} that look like none that were learned from are "
        "answered with “none of these”. Familiarity is the largest cosine between "
        "their features and typical ones of each class; the threshold comes from the "
        "validation split."
    )
    yield Section("None of these", lead, (Table(("What", "Value"), rows, "Rejection"),))
