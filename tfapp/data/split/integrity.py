"""What two splits must not share, and what tells one split from another."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from tfapp.base.errors import DataError
from tfapp.data.spec import Example


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


def near_training(examples: Iterable[Example]) -> frozenset[str]:
    """Return the names of test examples with a near copy among those to train on."""
    examples = tuple(examples)
    trained = {e.name for e in examples if e.split == "train"}
    return frozenset(
        e.name for e in examples if e.split == "test" and not trained.isdisjoint(e.near)
    )
