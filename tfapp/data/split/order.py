"""Splits by order or by time: the last examples are for the test."""

from collections.abc import Sequence

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.data.split.units import units_of


def in_order(
    examples: Sequence[Example],
    pool: Sequence[int],
    wanted: Sequence[tuple[str, float]],
    *,
    by_time: bool,
) -> dict[int, str]:
    """Return the splits of a pool whose last part is for the test, but for train."""
    keys: dict[int, int | str] = {
        i: _moment(examples[i]) if by_time else i for i in pool
    }
    left, splits = sorted(pool, key=keys.__getitem__), dict[int, str]()
    for split, share in wanted:
        count = min(max(1, round(share * len(left))), len(left) - 1)
        if count <= 0:
            continue
        border = keys[left[-count]]
        for unit in units_of(examples, left):
            if any(keys[i] >= border for i in unit):  # type: ignore[operator]
                splits.update((i, split) for i in unit)
        left = [i for i in left if i not in splits]
    return splits


def _moment(example: Example) -> str:
    """Return the moment at the end of an example's name.

    Raises:
        DataError: if there is none.
    """
    _, mark, moment = example.name.rpartition("#")
    if not mark:
        raise DataError(
            f"{example.name} has no time, so nothing can be divided by it. Set "
            "data.split.by = 'order' or 'random'."
        )
    return moment
