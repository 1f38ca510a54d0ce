"""What has to stay in one split, and what tells two splits apart."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tfapp.base.errors import DataError
from tfapp.data.spec import Example

Unit = list[int]
"""Indices of examples that must stay together."""


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


def units_of(examples: Sequence[Example], pool: Sequence[int]) -> list[Unit]:
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
