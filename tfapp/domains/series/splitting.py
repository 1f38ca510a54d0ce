"""A table of series to training, validation and test, one after the other in time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfapp.base.errors import ConfigError, DataError
from tfapp.data.spec import SPLITS
from tfapp.domains.series.reading.spec import Item, SeriesTable

SEASONS_IN_WINDOW = 14
LONGEST_WINDOW = 720
TRAINING_WINDOWS = 3
"""Windows that the training part must hold end to end, for the default length."""


@dataclass(frozen=True)
class Cuts:
    """Where the parts of a table end; every series is cut at the same times.

    Args:
        ends: datetime64[s] (4,): the first time of training, then the first times that
            no longer belong to training, validation and test.
    """

    ends: np.ndarray

    def steps(self, item: Item, split: str) -> slice:
        """Return the steps of an item that belong to a split."""
        part = SPLITS.index(split)
        first, last = np.searchsorted(item.times, self.ends[part : part + 2])
        return slice(int(first), int(last))


def cut_by_shares(table: SeriesTable, validation: float, test: float) -> Cuts:
    """Cut the time between the first and the last value by shares.

    Args:
        table: of series.
        validation: share of all steps, of those before the test part.
        test: share of all steps, at the end.
    """
    first, count = _span(table)
    num_test = round(count * test)
    num_validation = round((count - num_test) * validation)
    positions = [0, count - num_test - num_validation, count - num_test, count]
    return Cuts(table.frequency.times(first, np.array(positions)))


def cut_by_steps(table: SeriesTable, steps: Sequence[int]) -> Cuts:
    """Cut after so many steps of training, validation and test; later ones are unused.

    Raises:
        ConfigError: if the table is shorter, or other than three numbers are given.
    """
    first, count = _span(table)
    if len(steps) != 3 or min(steps) < 1 or sum(steps) > count:
        raise ConfigError(
            f"data.options.split_steps: {list(steps)} do not fit {table.name}. "
            f"Expected steps of training, validation and test, in all {count} at most."
        )
    return Cuts(table.frequency.times(first, np.cumsum([0, *steps])))


def only_test(table: SeriesTable) -> Cuts:
    """Return cuts that leave all steps to the test part."""
    first, count = _span(table)
    return Cuts(table.frequency.times(first, np.array([0, 0, 0, count])))


def default_window(table: SeriesTable, cuts: Cuts, horizon: int) -> int:
    """Return the number of steps that a forecast looks back when none is given.

    Whole seasons: as many as 14, as fit into 720 steps, and as leave the longest series
    three windows to train on.
    """
    season = table.frequency.season
    part = max(_length(item, cuts) for item in table.items)
    room = min(LONGEST_WINDOW, max(part - horizon, 1) // TRAINING_WINDOWS)
    return max(1, season * min(SEASONS_IN_WINDOW, room // season) or room)


def require_values(table: SeriesTable) -> None:
    """Refuse tables in which there is nothing to forecast.

    Raises:
        DataError: if no series has two different values.
    """
    for item in table.items:
        for values in item.targets.T:
            present = values[~np.isnan(values)]
            if present.size and np.ptp(present) > 0:
                return
    raise DataError(
        f"{table.name}: every series is constant or empty ("
        f"{', '.join(table.roles.targets)}). Expected values that change."
    )


def _length(item: Item, cuts: Cuts) -> int:
    part = cuts.steps(item, "train")
    return part.stop - part.start


def _span(table: SeriesTable) -> tuple[np.datetime64, int]:
    """Return the first time with a value, and the number of steps to the last one."""
    firsts, lasts = [], []
    for item in table.items:
        rows = np.flatnonzero(item.observed.any(axis=1))
        if rows.size:
            firsts.append(item.times[rows[0]])
            lasts.append(item.times[rows[-1]])
    if not firsts:
        raise DataError(f"{table.name}: no value in {', '.join(table.roles.targets)}.")
    first = min(firsts)
    last = table.frequency.positions(np.array([max(lasts)]), first)[0]
    return first, int(np.floor(last + 1e-9)) + 1
