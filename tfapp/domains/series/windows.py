"""Every stretch of a series that a forecast can start from, cut out when needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
    """Every stretch of window and horizon, one a row, cut from all series end to end.

    Arrays are views: a row costs memory when it is taken. Rows that reach from one
    series into the next are among them, and no origin has one.

    Args:
        names: of the rows, "file#series@time" of the first step to forecast.
        inputs: name → float32 view (rows, steps, columns), scaled; see `make_windows`.
        answers: float32 view (rows, horizon, targets), scaled.
        weights: float32 view like `answers`, 0 for filled values; None if there are
            none.
        starts: int64 (items,), the row of the first origin of each item.
        window: steps that a forecast looks back.
    """

    names: tuple[str, ...]
    inputs: Mapping[str, np.ndarray]
    answers: np.ndarray
    weights: np.ndarray | None
    starts: np.ndarray
    window: int

    def rows(self, origins: Sequence[Origin]) -> np.ndarray:
        """Return the rows of some origins, int64 (origins,)."""
        items = np.array([o.item for o in origins], np.int64)
        steps = np.array([o.step for o in origins], np.int64)
        return self.starts[items] + steps - self.window


def make_windows(
    table: SeriesTable,
    scaling: Scaling,
    window: int,
    horizon: int,
    waves: np.ndarray | None = None,
) -> Windows:
    """Scale all series, lay them end to end and cut every window.

    The inputs are "history" (rows, window, targets), "past" (rows, window,
    covariates), "future" (rows, window + horizon, covariates) and "static" (rows,
    numbers); those without columns are left out.

    Args:
        table: of series.
        scaling: of the training part.
        window: steps to look back.
        horizon: steps to forecast.
        waves: float32 (steps of all items, columns), further covariates known in
            advance, not to be scaled.
    """
    items = table.items
    lengths = [len(item.times) for item in items]
    pairs = zip(items, scaling.targets, strict=True)
    targets = np.concatenate([scaled(i.targets, moments) for i, moments in pairs])
    future = np.concatenate([scaled(i.future, scaling.future) for i in items])
    if waves is not None:
        future = np.concatenate([future, waves], axis=1)
    past = np.concatenate([scaled(i.past, scaling.past) for i in items])
    static = scaled(np.stack([i.static for i in items]), scaling.static)
    count = max(0, len(targets) - window - horizon + 1)
    inputs = {
        "history": _cut(targets, window)[:count],
        "past": _cut(past, window)[:count],
        "future": _cut(future, window + horizon)[:count],
        "static": np.repeat(static, lengths, axis=0)[window : window + count],
    }
    observed = np.concatenate([i.observed for i in items]).astype(np.float32)
    return Windows(
        _names(table)[window : window + count],
        {name: array for name, array in inputs.items() if array.shape[-1]},
        _cut(targets, horizon)[window:],
        None if observed.all() else _cut(observed, horizon)[window:],
        np.cumsum([0, *lengths[:-1]]),
        window,
    )


def _cut(steps: np.ndarray, length: int) -> np.ndarray:
    """Return a view (rows, length, columns) of all stretches of (steps, columns)."""
    if not steps.shape[1] or len(steps) < length:
        return np.zeros((0, length, steps.shape[1]), np.float32)
    return sliding_window_view(steps, length, axis=0).transpose(0, 2, 1)


def _names(table: SeriesTable) -> tuple[str, ...]:
    return tuple(
        f"{table.name}#{item.name}@{time}"
        for item in table.items
        for time in item.times
    )


def find_origins(
    table: SeriesTable,
    cuts: Cuts,
    window: int,
    horizon: int,
    stride: int = 1,
    required: Sequence[str] = SPLITS,
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
        required: splits that must have an origin.

    Raises:
        DataError: if such a split has no origin, or a future covariate is missing.
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
        if split in required and not origins:
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
                f"future, has no value at {written(item.times[missing])}. Fill it in, "
                "or name it in data.options.past."
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
