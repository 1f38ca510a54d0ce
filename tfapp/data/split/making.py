"""Examples to train, validation and test: seeded, stratified, without leaks."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.data.split.integrity import check_disjoint, refuse_torn_groups
from tfapp.data.split.order import in_order
from tfapp.data.split.units import Unit, stratum_of, units_of
from tfapp.recipes.config import SplitConfig


def make_split(examples: Sequence[Example], shares: SplitConfig) -> tuple[Example, ...]:
    """Give every example a split; those of the source stay as they are.

    A split that the source lacks is carved out of what it would train on: first
    `shares.test` of it, then `shares.validation` of the rest. Examples of one group,
    of equal content or nearly alike stay together, see `units_of`.

    By "random", every stratum is divided by itself: one of three groups or more is in
    every split, and each is in train. By "order", the last examples are for the test
    and those before them for the validation. By "time", the latest are, and those of
    one moment stay together.

    Args:
        examples: with content hashes; `split` is "" where not given. By "time", their
            names end in "#" and the moment, such as "a.csv#2016-07-01T00".
        shares: how much to set aside, by what, and the seed of the shuffle.

    Returns:
        The same examples in the same order.

    Raises:
        DataError: if a group lies in two given splits, nothing is left to validate on
            although `shares.validation` is above 0, or a name holds no moment.
    """
    refuse_torn_groups(examples)
    given = {e.split for e in examples} - {"", "train"}
    wanted = [
        (split, share)
        for split, share in (("test", shares.test), ("validation", shares.validation))
        if split not in given and share > 0
    ]
    splits = {i: e.split for i, e in enumerate(examples) if e.split in given}
    pool = [i for i in range(len(examples)) if i not in splits]
    if shares.by == "random":
        splits |= _at_random(examples, pool, wanted, shares.seed)
    else:
        splits |= in_order(examples, pool, wanted, by_time=shares.by == "time")
    result = tuple(
        replace(e, split=splits.get(i, "train")) for i, e in enumerate(examples)
    )
    _refuse_no_validation(result, wanted)
    check_disjoint(result)
    return result


def _at_random(
    examples: Sequence[Example],
    pool: Sequence[int],
    wanted: Sequence[tuple[str, float]],
    seed: int,
) -> dict[int, str]:
    """Return the splits of a pool that is divided stratum by stratum, but for train."""
    splits: dict[int, str] = {}
    for stratum, units in sorted(_units_by_stratum(examples, pool).items()):
        for split, chosen in _divide(_shuffled(units, stratum, seed), wanted):
            splits.update((i, split) for unit in chosen for i in unit)
    _keep_strata_trained(examples, pool, splits)
    return splits


def _units_by_stratum(
    examples: Sequence[Example], pool: Sequence[int]
) -> dict[str, list[Unit]]:
    """Return the units of the pool by the stratum that most of their examples have."""
    units: dict[str, list[Unit]] = defaultdict(list)
    for unit in units_of(examples, pool):
        units[stratum_of(examples, unit)].append(unit)
    return units


def _shuffled(units: list[Unit], stratum: str, seed: int) -> list[Unit]:
    """Shuffle by seed and stratum, so that strata do not disturb each other."""
    digest = hashlib.sha256(stratum.encode()).digest()
    rng = np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])
    return [units[i] for i in rng.permutation(len(units))]


def _divide(
    units: list[Unit], wanted: Sequence[tuple[str, float]]
) -> list[tuple[str, list[Unit]]]:
    """Take each wanted split's units out of one stratum; the rest is for train."""
    taken = []
    for number, (split, share) in enumerate(wanted, start=1):
        target = max(1, round(share * sum(map(len, units))))
        # Train comes first, then the splits yet to be served.
        spare = len(units) - 1 - (len(wanted) - number)
        chosen, units = _take(units, target, spare)
        taken.append((split, chosen))
    return taken


def _take(units: list[Unit], target: int, spare: int) -> tuple[list[Unit], list[Unit]]:
    """Return units of about `target` examples, at most `spare` units, and the rest."""
    chosen: list[Unit] = []
    rest: list[Unit] = []
    size = 0
    for unit in units:
        if len(chosen) < spare and size + len(unit) / 2 <= target:
            chosen.append(unit)
            size += len(unit)
        else:
            rest.append(unit)
    if not chosen and spare > 0:  # every unit is large: the smallest will do
        smallest = min(rest, key=len)
        rest.remove(smallest)
        chosen.append(smallest)
    return chosen, rest


def _keep_strata_trained(
    examples: Sequence[Example], pool: Sequence[int], splits: dict[int, str]
) -> None:
    """Move units back to train until it has every stratum; groups may mix them."""
    trained = {examples[i].stratum for i in pool if i not in splits}
    untrained = {examples[i].stratum for i in pool} - trained
    units = sorted(units_of(examples, pool), key=len) if untrained else []
    while untrained:
        first = min(untrained)
        unit = next(u for u in units if any(examples[i].stratum == first for i in u))
        for i in unit:
            splits.pop(i, None)
        untrained -= {examples[i].stratum for i in unit}


def _refuse_no_validation(
    examples: tuple[Example, ...], wanted: Sequence[tuple[str, float]]
) -> None:
    """Refuse a set too small to validate on."""
    if "validation" not in dict(wanted) or any(
        e.split == "validation" for e in examples
    ):
        return
    counts = Counter(e.stratum for e in examples if e.split == "train")
    stratum, count = max(counts.items(), key=lambda item: item[1])
    where = f"of the largest class, {stratum!r}," if stratum else "of the data"
    raise DataError(
        f"No example can be set aside for validation: the training part {where} has "
        f"{count}. Expected two or more, in separate groups; add examples, or set "
        "`data.split.validation` to 0."
    )
