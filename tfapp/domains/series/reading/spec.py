"""A file of series as numbers, and how it is to be read."""

from dataclasses import dataclass, field

import numpy as np

from tfapp.data.faults import Problem
from tfapp.domains.series.reading.columns import ColumnOptions, Roles
from tfapp.domains.series.reading.frequency import Frequency
from tfapp.domains.series.reading.grid import GridRules


@dataclass(frozen=True)
class ReadOptions:
    """How a file of series is to be read; the defaults find out.

    Args:
        columns: their roles.
        frequency: of the steps, for example "1 hour"; "" to infer it.
        time_format: `%` codes of strptime; "" to find it.
        timezone: that local times are of, "" to take them as they are.
        decimal: "." or ","; "" to find it.
        delimiter: between cells; "" to find it.
        grid: what happens to disorder, duplicates and gaps.
    """

    columns: ColumnOptions = field(default_factory=ColumnOptions)
    frequency: str = ""
    time_format: str = ""
    timezone: str = ""
    decimal: str = ""
    delimiter: str = ""
    grid: GridRules = field(default_factory=GridRules)


@dataclass(frozen=True)
class Item:
    """One series, or several that were measured at the same times.

    Args:
        name: of the series in a long table; "" for the only item of a wide one.
        times: datetime64[s] (steps,), equally far apart.
        targets: float64 (steps, targets); NaN in gaps that are not filled, and where
            only the future's covariates are known.
        observed: bool (steps, targets), False where a value was filled or is missing.
        future: float64 (steps, covariates) known in advance.
        past: float64 (steps, covariates) known until now.
        static: float64 (numbers,) that describe the series.
    """

    name: str
    times: np.ndarray
    targets: np.ndarray
    observed: np.ndarray
    future: np.ndarray
    past: np.ndarray
    static: np.ndarray


@dataclass(frozen=True)
class SeriesTable:
    """Everything that a file of series holds.

    Args:
        name: of the file.
        items: in the order of their names.
        roles: of the columns.
        targets: names of the columns of every item's targets; "value" where each
            column of the file became an item.
        frequency: of the steps.
        zone: "UTC", or "" for local times.
        static_names: names of the static numbers; classes are "column=value".
        problems: what was found and done.
    """

    name: str
    items: tuple[Item, ...]
    roles: Roles
    targets: tuple[str, ...]
    frequency: Frequency
    zone: str
    static_names: tuple[str, ...]
    problems: tuple[Problem, ...]
