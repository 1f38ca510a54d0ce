"""Units of a split: examples that stay together, so that nothing leaks."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tfapp.data.spec import Example

Unit = list[int]
"""Indices of examples that stay together."""
LARGEST_SHARE = 10
"""Near copies make units of at most this part of the examples, a tenth: in a film
every picture is like the next one, and all of it would be one unit."""
SMALL = 8
"""Near copies that may stay together in any set, however few examples it has."""
LEAST_UNITS = 3
"""Of a stratum: one for each split. Near copies are torn apart rather than fewer."""


def units_of(examples: Sequence[Example], pool: Sequence[int]) -> list[Unit]:
    """Join examples of one group, of one content, or nearly alike.

    Groups and copies always stay together, directly or through others. Near copies do
    as long as their units stay small and every stratum keeps enough of them.
    """
    units = _Units(examples, pool)
    owners: tuple[dict[str, int], dict[str, int]] = {}, {}
    for i in pool:
        e = examples[i]
        for owner, key in zip(owners, (e.content_hash, e.group), strict=True):
            if key:
                units.join(i, owner.setdefault(key, i))
    units.join_near(_near_pairs(examples, pool))
    return units.listed()


def _near_pairs(examples: Sequence[Example], pool: Sequence[int]) -> Iterator[Unit]:
    """Yield pairs of near copies in the pool, the most alike first."""
    index = {examples[i].name: i for i in pool if examples[i].near}
    ranked = sorted(
        (rank, i, index[name])
        for i in index.values()
        for rank, name in enumerate(examples[i].near)
        if name in index
    )
    yield from ([i, j] for _, i, j in ranked)


class _Units:
    """Disjoint sets of examples."""

    def __init__(self, examples: Sequence[Example], pool: Sequence[int]) -> None:
        self.examples = examples
        self.members: dict[int, Unit] = {i: [i] for i in pool}
        self.owner = {i: i for i in pool}

    def join(self, i: int, j: int) -> None:
        """Make the units of two examples one."""
        small, large = sorted(
            (self.owner[i], self.owner[j]), key=lambda o: (len(self.members[o]), -o)
        )
        if small != large:
            for member in self.members[small]:
                self.owner[member] = large
            self.members[large] += self.members.pop(small)

    def join_near(self, pairs: Iterator[Unit]) -> None:
        """Join near copies while units stay small and no stratum runs short."""
        largest = max(SMALL, len(self.owner) // LARGEST_SHARE)
        left = Counter(self._stratum(unit) for unit in self.members.values())
        for i, j in pairs:
            units = [self.members[owner] for owner in {self.owner[i], self.owner[j]}]
            strata = [self._stratum(unit) for unit in units]
            short = any(left[stratum] <= LEAST_UNITS for stratum in strata)
            if len(units) < 2 or short or sum(map(len, units)) > largest:
                continue
            self.join(i, j)
            left.subtract(strata)
            left[self._stratum(self.members[self.owner[i]])] += 1

    def listed(self) -> list[Unit]:
        """Return the units, each in the order of the examples."""
        return sorted(map(sorted, self.members.values()))

    def _stratum(self, unit: Unit) -> str:
        return stratum_of(self.examples, unit)


def stratum_of(examples: Sequence[Example], unit: Unit) -> str:
    """Return the stratum that most examples of a unit have."""
    strata = Counter(examples[i].stratum for i in unit)
    return max(sorted(strata), key=strata.__getitem__)
