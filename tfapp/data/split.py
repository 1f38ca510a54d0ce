"""Examples to train, validation and test: made once, seeded, stratified, leak-free."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.recipes.config import SplitConfig

Unit = list[int]
"""Indices of examples that must stay together."""


def make_split(examples: Sequence[Example], shares: SplitConfig) -> tuple[Example, ...]:
    """Give every example a split; those of the source stay as they are.

    A split that the source lacks is carved out of what it would train on: first
    `shares.test` of it, then `shares.validation` of the rest.

    At random, this is done class by class. Examples of one group or of equal content
    stay together. A class of three groups or more is in every split; every class is in
    train. In order, the last examples are the test and those before them validation;
    copies of a test or validation example that come before stay with it.

    Args:
        examples: with content hashes, in their order; `split` is "" where not given.
        shares: how much to set aside, how, and the seed of the shuffle.

    Returns:
        The same examples in the same order.

    Raises:
        DataError: if a group lies in two given splits, or nothing is left to
            validate on although `shares.validation` is above 0.
    """
    refuse_torn_groups(examples)
    existing = {e.split for e in examples} - {"", "train"}
    new_shares = [
        (split, share)
        for split, share in (("test", shares.test), ("validation", shares.validation))
        if split not in existing and share > 0
    ]
    splits = {i: e.split for i, e in enumerate(examples) if e.split in existing}
    pool = [i for i in range(len(examples)) if i not in splits]
    if shares.by == "random":
        for label, units in sorted(_units_by_label(examples, pool).items()):
            for split, chosen in _divide(
                _shuffled(units, label, shares.seed), new_shares
            ):
                splits.update((i, split) for unit in chosen for i in unit)
        _keep_classes_trained(examples, pool, splits)
    else:
        splits |= _last_ones(examples, pool, new_shares)
    result = tuple(
        replace(e, split=splits.get(i, "train")) for i, e in enumerate(examples)
    )
    _refuse_no_validation(result, new_shares)
    check_disjoint(result)
    return result


def limit_per_class(
    examples: Iterable[Example], limit: int, seed: int
) -> tuple[Example, ...]:
    """Keep at most `limit` training examples of every class, 0 for all.

    Examples are ranked by a seeded hash of their content, so a smaller limit keeps a
    part of what a larger one keeps.
    """
    examples = tuple(examples)
    if not limit:
        return examples
    ranked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for e in examples:
        if e.split == "train":
            key = hashlib.sha256(f"{seed}:{e.content_hash}".encode()).hexdigest()
            ranked[e.stratum].append((key, e.name))
    chosen = {name for ranks in ranked.values() for _, name in sorted(ranks)[:limit]}
    return tuple(e for e in examples if e.split != "train" or e.name in chosen)


def fingerprint(examples: Iterable[Example]) -> str:
    """Return a SHA-256 over content, target and split of all examples."""
    digest = hashlib.sha256()
    for line in sorted(f"{e.content_hash}\t{e.target}\t{e.split}\n" for e in examples):
        digest.update(line.encode())
    return digest.hexdigest()


def refuse_torn_groups(examples: Iterable[Example]) -> None:
    """Refuse groups that the source itself tears apart.

    Raises:
        DataError: naming the group and its splits.
    """
    places: dict[str, set[str]] = defaultdict(set)
    for e in examples:
        if e.group and e.split:
            places[e.group].add(e.split)
    for group, splits in sorted(places.items()):
        if len(splits) > 1:
            raise DataError(
                f"Group {group!r} lies in {' and '.join(sorted(splits))}. Expected "
                "each group in one split; correct the split column or leave it out."
            )


def leaks(examples: Iterable[Example]) -> list[str]:
    """Return the names of examples whose content lies in an earlier split too."""
    places: dict[str, str] = {}
    return [
        e.name
        for e in examples
        if places.setdefault(e.content_hash, e.split) != e.split
    ]


def check_disjoint(examples: Iterable[Example]) -> None:
    """Guard against our own mistakes: no content in two splits.

    Raises:
        RuntimeError: if there is; this is a bug, not a user's mistake.
    """
    if leaking := leaks(examples):
        raise RuntimeError(f"The split leaks: {leaking[:3]} lie in two splits.")


def _last_ones(
    examples: Sequence[Example], pool: list[int], shares: Sequence[tuple[str, float]]
) -> dict[int, str]:
    """Return the splits of the last examples of the pool, and of their copies."""
    splits: dict[int, str] = {}
    for split, share in shares:
        count = min(max(1, round(share * len(pool))), len(pool) - 1)
        hashes = {examples[i].content_hash for i in pool[len(pool) - count :]}
        splits |= {i: split for i in pool if examples[i].content_hash in hashes}
        pool = [i for i in pool if i not in splits]
    return splits


def _units_by_label(
    examples: Sequence[Example], pool: Sequence[int]
) -> dict[str, list[Unit]]:
    """Return the units of the pool by the label that most of their examples have."""
    units: dict[str, list[Unit]] = defaultdict(list)
    for unit in _units(examples, pool):
        labels = Counter(examples[i].stratum for i in unit)
        units[max(sorted(labels), key=labels.__getitem__)].append(unit)
    return units


def _units(examples: Sequence[Example], pool: Sequence[int]) -> list[Unit]:
    """Join examples that share a group or a content, directly or through others."""
    parent = {i: i for i in pool}

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    owners: tuple[dict[str, int], dict[str, int]] = {}, {}
    for i in pool:
        e = examples[i]
        for owner, key in zip(owners, (e.content_hash, e.group), strict=True):
            if key:
                parent[root(i)] = root(owner.setdefault(key, i))
    units: dict[int, Unit] = defaultdict(list)
    for i in pool:
        units[root(i)].append(i)
    return sorted(units.values())


def _shuffled(units: list[Unit], label: str, seed: int) -> list[Unit]:
    """Shuffle by seed and label, so that classes do not disturb each other."""
    digest = hashlib.sha256(label.encode()).digest()
    rng = np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])
    return [units[i] for i in rng.permutation(len(units))]


def _divide(
    units: list[Unit], shares: Sequence[tuple[str, float]]
) -> list[tuple[str, list[Unit]]]:
    """Take each wanted split's units out of one class; the rest is for train."""
    taken = []
    for number, (split, share) in enumerate(shares, start=1):
        target = max(1, round(share * sum(map(len, units))))
        # Train comes first, then the splits yet to be served.
        spare = len(units) - 1 - (len(shares) - number)
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


def _keep_classes_trained(
    examples: Sequence[Example], pool: Sequence[int], splits: dict[int, str]
) -> None:
    """Move units back to train until it has every class; groups may mix classes."""
    trained = {examples[i].stratum for i in pool if i not in splits}
    untrained = {examples[i].stratum for i in pool} - trained
    units = sorted(_units(examples, pool), key=len) if untrained else []
    while untrained:
        label = min(untrained)
        unit = next(u for u in units if any(examples[i].stratum == label for i in u))
        for i in unit:
            splits.pop(i, None)
        untrained -= {examples[i].stratum for i in unit}


def _refuse_no_validation(
    examples: tuple[Example, ...], shares: Sequence[tuple[str, float]]
) -> None:
    """Refuse a set too small to validate on."""
    if "validation" not in dict(shares) or any(
        e.split == "validation" for e in examples
    ):
        return
    counts = Counter(e.stratum for e in examples if e.split == "train")
    label, count = max(counts.items(), key=lambda item: item[1])
    raise DataError(
        f"No image can be set aside for validation: the largest class, {label!r}, has "
        f"{count} in its training part. Expected two or more (in separate groups) in a "
        "class; add images, or set `data.split.validation` to 0."
    )
