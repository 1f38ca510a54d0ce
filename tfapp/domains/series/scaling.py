"""Numbers to a mean of 0 and a deviation of 1, by what the training part shows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tfapp.domains.series.reading.spec import SeriesTable
from tfapp.domains.series.splitting import Cuts


@dataclass(frozen=True, eq=False)
class Scaling:
    """Means and standard deviations of the training part, float64.

    Args:
        names: of the items, in the order of the rows below.
        targets: (items, 2, targets): mean over deviation, of each item.
        future: (2, covariates), of all items together.
        past: (2, covariates).
        static: (2, numbers).
    """

    names: tuple[str, ...]
    targets: np.ndarray
    future: np.ndarray
    past: np.ndarray
    static: np.ndarray

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary; see `read_scaling`."""
        arrays = ("targets", "future", "past", "static")
        lists = {name: getattr(self, name).tolist() for name in arrays}
        return {"names": list(self.names), **lists}


def read_scaling(described: Mapping[str, Any]) -> Scaling:
    """Return what `Scaling.describe` wrote."""
    names, count = described["names"], len(described["names"])
    arrays = {
        name: np.array(described[name], float).reshape(2, -1)
        for name in ("future", "past", "static")
    }
    targets = np.array(described["targets"], float).reshape(count, 2, -1)
    return Scaling(tuple(names), targets, **arrays)


def fit_scaling(table: SeriesTable, cuts: Cuts) -> Scaling:
    """Measure means and deviations on the training part alone.

    A series without a value there gets those of all the others; a constant one is
    divided by 1.
    """
    parts = [cuts.steps(item, "train") for item in table.items]
    pairs = list(zip(table.items, parts, strict=True))
    everything = _moments(np.concatenate([i.targets[p] for i, p in pairs]))
    targets = [_moments(i.targets[p], everything) for i, p in pairs]
    return Scaling(
        tuple(item.name for item in table.items),
        np.stack(targets),
        _moments(np.concatenate([i.future[p] for i, p in pairs])),
        _moments(np.concatenate([i.past[p] for i, p in pairs])),
        _moments(np.stack([item.static for item in table.items])),
    )


def trained_scaling(table: SeriesTable, trained: Scaling) -> Scaling:
    """Return the scaling of training for the series of another table.

    A series that training has not seen is scaled by its own mean and deviation.
    """
    places = {name: i for i, name in enumerate(trained.names)}
    targets = [
        trained.targets[places[item.name]]
        if item.name in places
        else _moments(item.targets)
        for item in table.items
    ]
    names = tuple(item.name for item in table.items)
    return replace(trained, names=names, targets=np.stack(targets))


def scaled(values: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """Return float32 (values - mean) / deviation; moments are (2, columns)."""
    return ((values - moments[0]) / moments[1]).astype(np.float32)


def _moments(values: np.ndarray, fallback: np.ndarray | None = None) -> np.ndarray:
    """Return mean and deviation of each column, float64 (2, columns)."""
    present = ~np.isnan(values)
    count = present.sum(axis=0)
    filled = np.where(present, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(count, 1)
    spread = np.where(present, (values - mean) ** 2, 0.0).sum(axis=0)
    deviation = np.sqrt(spread / np.maximum(count, 1))
    # Far below the rounding of the mean a deviation is an echo of it.
    deviation[deviation <= 1e-9 * np.abs(mean)] = 1.0
    found = np.stack([mean, deviation])
    return found if fallback is None else np.where(count > 0, found, fallback)
