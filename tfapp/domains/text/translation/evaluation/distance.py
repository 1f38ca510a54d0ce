"""How far two sequences are apart."""

from collections.abc import Sequence


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the fewest symbols to insert, leave out or change (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, symbol in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, against in enumerate(other, start=1):
            changed = before + (symbol != against)
            before = row[j]
            row[j] = min(changed, row[j] + 1, row[j - 1] + 1)
    return row[-1]


def agreement(answer: Sequence[str], target: Sequence[str]) -> float:
    """Return the share of places, the end among them, at which two sequences agree.

    The longer of the two gives the number of places.
    """
    places = max(len(answer), len(target)) + 1
    same = sum(a == t for a, t in zip(answer, target, strict=False))
    return (same + (len(answer) == len(target))) / places
