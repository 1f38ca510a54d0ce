"""Every combination of a grid, in order; Keras Tuner's own forgets its place."""

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tfapp.tuning.oracles.dimensions import is_choice

GRID_POINTS = 5
"""Values of a range without a step."""


def grid_oracle(base: type) -> type:
    """Return an oracle that proposes every combination, in order."""

    class GridOracle(base):
        place = 0

        def populate_space(self, trial_id: str) -> Any:
            for values in islice(self._combinations(), self.place, None):
                self.place += 1
                if not self._duplicate(values):
                    return {"status": "RUNNING", "values": values}
            return {"status": "STOPPED"}

        def _combinations(self) -> Iterator[dict[str, Any]]:
            space = self.hyperparameters.copy()
            space.values = {}
            yield from _combined(space, list(space.space))

        def _random_values(self) -> Any:
            return None

        def get_state(self) -> dict[str, Any]:
            return {**super().get_state(), "place": self.place}

        def set_state(self, state: Mapping[str, Any]) -> None:
            super().set_state(state)
            self.place = state["place"]

    return GridOracle


def _combined(space: Any, rest: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield the values of all dimensions, those left out that do not count."""
    if not rest:
        yield dict(space.values)
        return
    first, *others = rest
    if not space.is_active(first):
        yield from _combined(space, others)
        return
    for value in grid_values(first):
        space.values[first.name] = value
        yield from _combined(space, others)
    del space.values[first.name]


def grid_values(dimension: Any) -> list[Any]:
    """Return the values of one of Keras Tuner's dimensions in a grid, in order."""
    if is_choice(dimension):
        return list(dimension.values)
    count = GRID_POINTS
    if dimension.step is not None and dimension.sampling == "linear":
        span = dimension.max_value - dimension.min_value
        count = math.floor(span / dimension.step + 1e-9) + 1
        return [dimension.min_value + i * dimension.step for i in range(count)]
    if dimension.step is not None:
        ratio = math.log(dimension.max_value / dimension.min_value, dimension.step)
        count = math.floor(ratio + 1e-9) + 1
        return [dimension.min_value * dimension.step**i for i in range(count)]
    points = (dimension.prob_to_value(i / (count - 1)) for i in range(count))
    return list(dict.fromkeys(points))
