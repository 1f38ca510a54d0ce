"""Tags of examples: how they are written, and how examples are divided by them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.spec import SPLITS, Example

SEPARATOR = ";"
"""Between the tags of an example's target, which no tag holds."""


def joined(tags: Iterable[str]) -> str:
    """Return tags as the target of an example: sorted, each once."""
    return SEPARATOR.join(sorted(set(tags)))


def tags_of(example: Example) -> tuple[str, ...]:
    """Return the tags of an example, () for none."""
    return tuple(filter(None, example.target.split(SEPARATOR)))


def tag_rows(examples: Sequence[Example], names: Sequence[str]) -> np.ndarray:
    """Return 1 for the tags of examples and 0 for others, float32 (examples, tags)."""
    index = {name: number for number, name in enumerate(names)}
    rows = np.zeros((len(examples), len(names)), np.float32)
    for row, example in zip(rows, examples, strict=True):
        row[[index[tag] for tag in tags_of(example)]] = 1.0
    return rows


def tag_counts(
    names: Sequence[str], examples: Sequence[Example]
) -> dict[str, dict[str, int]]:
    """Return the number of examples by tag and split, "all" without splits."""
    counts = Counter((t, e.split or "all") for e in examples for t in tags_of(e))
    present = {e.split or "all" for e in examples}
    splits = [s for s in (*SPLITS, "all") if s in present]
    return {name: {s: counts[name, s] for s in splits} for name in names}


def stratified(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Return examples whose strata let a split keep rare tags in every part.

    The rarest tag becomes the stratum of its examples, then the rarest among the
    examples that are left, and so on; those without tags are one more stratum, "".
    Dividing each stratum by itself is the iterative stratification of the paper with
    the parts filled in proportion.

    Args:
        examples: whose targets are written by `joined`.

    Reference:
        Sechidis, Tsoumakas & Vlahavas, On the Stratification of Multi-Label Data,
        ECML PKDD 2011, https://doi.org/10.1007/978-3-642-23808-6_10
    """
    left = {i: tags_of(e) for i, e in enumerate(examples)}
    counts = Counter(tag for tags in left.values() for tag in tags)
    strata = [""] * len(examples)
    while counts:
        rarest = min(counts, key=lambda tag: (counts[tag], tag))
        for i in [i for i, tags in left.items() if rarest in tags]:
            strata[i] = rarest
            counts.subtract(left.pop(i))
        counts = +counts
    pairs = zip(examples, strata, strict=True)
    return tuple(replace(e, stratum=stratum) for e, stratum in pairs)


def require_learnable(
    name: str, names: Sequence[str], examples: Sequence[Example], noun: str
) -> None:
    """Refuse examples whose tags cannot be learned.

    Args:
        name: of the source, for the errors.
        names: of the tags.
        examples: that are learned from.
        noun: what they are, in the plural.

    Raises:
        DataError: if no example has a tag, all have all of them, there is a single
            tag, or one that no example has.
    """
    counts = Counter(tag for e in examples for tag in tags_of(e))
    if not counts:
        raise DataError(
            f"{name}: none of the {len(examples)} {noun} has a tag, so there is "
            "nothing to learn. Fill in the column of the tags."
        )
    if len(names) == 1:
        raise DataError(
            f"{name} holds the single tag {names[0]!r}. Expected two or more; for one "
            f"question, write a class in every row ({names[0]} and other) in a column "
            "`label`."
        )
    if missing := [tag for tag in names if not counts[tag]]:
        raise DataError(
            f"{name}: no training example has the tags {missing}. Expected at least "
            f"one of each; add {noun}, or remove the tags."
        )
    if min(counts.values()) == len(examples):
        raise DataError(
            f"{name}: all {len(examples)} training {noun} have all {len(names)} tags, "
            f"so there is nothing to learn. Expected {noun} without some of them."
        )


def require_trained_tags(name: str, examples: Collection[Example]) -> None:
    """Refuse tags that other splits hold and training does not.

    Raises:
        DataError: naming the tags.
    """
    trained = {t for e in examples if e.split in ("", "train") for t in tags_of(e)}
    others = [e for e in examples if e.split not in ("", "train")]
    homes = {tag: e.split for e in others for tag in tags_of(e)}
    if missing := sorted(set(homes) - trained):
        raise DataError(
            f"{name}: tags {missing} occur in {homes[missing[0]]} but not in train. "
            f"Expected the tags of train, {sorted(trained)}; rename or add them."
        )
