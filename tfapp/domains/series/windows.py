"""Every stretch of a series that a forecast can start from, cut out when needed."""

from dataclasses import dataclass

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.spec import SPLITS
from tfapp.domains.series.reading.spec import Item, SeriesTable
from tfapp.domains.series.scaling import Scaling, scaled
from tfapp.domains.series.splitting import Cuts

SHOWN = 3


@dataclass(frozen=True)
class Origin:
    """The step at which a forecast begins.

    Args:
        item: number of the item.
        step: number of its first step to forecast.
    """

    item: int
    step: int


@dataclass(frozen=True)
class Windows:
    """All series one behind the other, and the places of the windows in them.

    Args:
        window: steps that a forecast looks back.
        horizon: steps that it looks ahead.
        targets: float32 (steps, targets), scaled, of all items one after the other.
        observed: bool (steps, targets), False for filled values.
        future: float32 (steps, covariates), scaled.
        past: float32 (steps, covariates), scaled.
        static: float32 (items, numbers), scaled.
        starts: int64 (items,), the first step of each item.
    """

    window: int
    horizon: int
    targets: np.ndarray
    observed: np.ndarray
    future: np.ndarray
    past: np.ndarray
    static: np.ndarray
    starts: np.ndarray

    def inputs(self, origins: list[Origin]) -> dict[str, np.ndarray]:
        """Return what a network sees of each origin, float32, by input name.

        "history" (origins, window, targets); "past" (origins, window, covariates);
        "future" (origins, window + horizon, covariates); "static" (origins, numbers).
        Inputs without columns are left out.
        """
        at = self._steps(origins)[:, None]
        back = at + np.arange(-self.window, 0)
        both = at + np.arange(-self.window, self.horizon)
        items = np.array([o.item for o in origins], np.int64)
        found = {
            "history": self.targets[back],
            "past": self.past[back],
            "future": self.future[both],
            "static": self.static[items],
        }
        return {name: array for name, array in found.items() if array.shape[-1]}

    def answers(self, origins: list[Origin]) -> np.ndarray:
        """Return the values to forecast, float32 (origins, horizon, targets)."""
        return self.targets[self._ahead(origins)]

    def weights(self, origins: list[Origin]) -> np.ndarray | None:
        """Return 0 for values that were filled in and 1 for others, or None if all are.

        Float32 (origins, horizon, targets).
        """
        if self.observed.all():
            return None
        return self.observed[self._ahead(origins)].astype(np.float32)

    def _ahead(self, origins: list[Origin]) -> np.ndarray:
        return self._steps(origins)[:, None] + np.arange(self.horizon)

    def _steps(self, origins: list[Origin]) -> np.ndarray:
        items = np.array([o.item for o in origins], np.int64)
        steps = np.array([o.step for o in origins], np.int64)
        return self.starts[items] + steps


def make_windows(
    table: SeriesTable, scaling: Scaling, window: int, horizon: int
) -> Windows:
    """Scale all series and lay them one behind the other."""
    items = table.items
    lengths = [len(item.times) for item in items]
    return Windows(
        window,
        horizon,
        np.concatenate(
            [scaled(i.targets, m) for i, m in zip(items, scaling.targets, strict=True)]
        ),
        np.concatenate([i.observed for i in items]),
        np.concatenate([scaled(i.future, scaling.future) for i in items]),
        np.concatenate([scaled(i.past, scaling.past) for i in items]),
        scaled(np.stack([i.static for i in items]), scaling.static),
        np.cumsum([0, *lengths[:-1]]),
    )


def find_origins(
    table: SeriesTable, cuts: Cuts, window: int, horizon: int, stride: int = 1
) -> dict[str, list[Origin]]:
    """Return the origins of every split, in the order of items and time.

    All steps that an origin of a split forecasts lie in that split; it may look back
    into the one before. Windows with a missing value are left out.

    Args:
        table: of series.
        cuts: where the splits end.
        window: steps to look back.
        horizon: steps to forecast.
        stride: steps from one training origin to the next.

    Raises:
        DataError: if a split has no origin, or a covariate of the future is missing.
    """
    found: dict[str, list[Origin]] = {split: [] for split in SPLITS}
    for number, item in enumerate(table.items):
        require_future(table, item)
        whole = _whole_windows(item, window, horizon)
        for split in SPLITS:
            part = cuts.steps(item, split)
            first = max(part.start, window)
            steps = range(first, part.stop - horizon + 1)
            every = stride if split == "train" else 1
            found[split] += [Origin(number, s) for s in steps if whole[s]][::every]
    for split, origins in found.items():
        if not origins:
            _refuse_empty(table, cuts, split, window, horizon)
    return found


def require_future(table: SeriesTable, item: Item) -> None:
    """Refuse covariates of the future that are missing next to a value.

    Raises:
        DataError: naming column and timestamps.
    """
    rows = item.observed.any(axis=1)
    for name, values in zip(table.roles.future, item.future.T, strict=True):
        if (missing := np.flatnonzero(np.isnan(values) & rows)).size:
            raise DataError(
                f"{table.name}{_of(item)}: the covariate {name!r}, known in the "
                f"future, has no value at {written(item.times[missing])}. Fill it in, or name "
                "it in data.options.past."
            )


def written(times: np.ndarray) -> str:
    """Return the first times as text, and a mark if there are more."""
    shown = ", ".join(str(t).replace("T", " ") for t in times[:SHOWN])
    return shown + (f", … ({len(times)} in all)" if len(times) > SHOWN else "")


def _whole_windows(item: Item, window: int, horizon: int) -> np.ndarray:
    """Return whether the window around each origin has all values, (steps + 1,)."""
    holes = np.isnan(item.targets).any(axis=1) | np.isnan(item.future).any(axis=1)
    before = holes | np.isnan(item.past).any(axis=1)
    whole = np.zeros(len(holes) + 1, bool)
    ahead, back = np.cumsum([0, *holes]), np.cumsum([0, *before])
    at = np.arange(window, len(holes) - horizon + 1)
    whole[at] = (ahead[at + horizon] == ahead[at]) & (back[at] == back[at - window])
    return whole


def _refuse_empty(
    table: SeriesTable, cuts: Cuts, split: str, window: int, horizon: int
) -> None:
    sizes = [cuts.steps(item, split) for item in table.items]
    longest = max(part.stop - part.start for part in sizes)
    need = horizon + (window if split == "train" else 0)
    if longest < need:
        raise DataError(
            f"{table.name}: the longest series has {longest} steps in {split}; a "
            f"window of {window} and a horizon of {horizon} steps need {need}. Set "
            "data.options.window or horizon smaller, or give longer series."
        )
    raise DataError(
        f"{table.name}: no window in {split} without a missing value ({window} + "
        f"{horizon} steps). Set data.options.max_gap larger, or window smaller."
    )


def _of(item: Item) -> str:
    return f", series {item.name!r}" if item.name else ""
