"""A pair of texts, and a set of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tfapp.data.faults import Problem


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and the text that is the right answer to it.

    Args:
        name: where it comes from, such as "pairs.tsv#12".
        source: what is read.
        target: what is to be written.
        split: "train", "validation" or "test"; "" while not decided.
        group: pairs of one group stay in one split; "" for none.
    """

    name: str
    source: str
    target: str
    split: str = ""
    group: str = ""


@dataclass(frozen=True)
class PairSet:
    """Pairs of one place.

    Args:
        name: of the place.
        pairs: that have both sides.
        rows: number of pairs before any was left out.
        problems: what was left out, and why.
        further: title → pairs of another kind that a trained model is tried on, such as
            longer ones; {} for none.
    """

    name: str
    pairs: tuple[Pair, ...]
    rows: int
    problems: tuple[Problem, ...] = ()
    further: Mapping[str, tuple[Pair, ...]] = field(default_factory=dict)
