"""What is seen of a training while it goes on: views, and what they show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Union

from tfapp.data.spec import Dataset, Example
from tfapp.report.blocks import Details, Gallery, Table

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

HANDFUL = 12
"""Validation examples of a sheet; the same ones in every round."""


@dataclass(frozen=True)
class Curve:
    """Right answers and scores, of which a curve of precision over recall is drawn.

    Args:
        right: bool (examples,), whether the example belongs to the class.
        scores: float (examples,) in [0, 1], how sure the network is that it does.
    """

    right: "np.ndarray"
    scores: "np.ndarray"


@dataclass(frozen=True)
class Points:
    """Vectors of examples, to be looked at in a space that is turned by hand.

    Args:
        vectors: float (examples, dims).
        names: of the examples.
        labels: of the examples, "" for none.
        thumbnails: encoded pictures of the examples, or () for none.
    """

    vectors: "np.ndarray"
    names: tuple[str, ...]
    labels: tuple[str, ...]
    thumbnails: tuple[bytes, ...] = ()


Item = Union[Gallery, Table, Details, Curve, Points, "Figure"]
"""What a view shows under one name; a figure is one of Matplotlib's."""


@dataclass(frozen=True)
class View:
    """One view of a training, drawn now and then with the weights of that moment.

    Args:
        name: of the view, unique within a training.
        draw: returns what is shown, by name.
        share: of the validation examples, for which the network has to answer anew.
        pictures: whether it shows examples or pictures, not figures alone.
    """

    name: str
    draw: Callable[[], Mapping[str, Item]]
    share: float = 0.0
    pictures: bool = True


class Glance(Protocol):
    """Validation examples, and what a network in training answers for them now."""

    @property
    def model(self) -> Any:
        """The whole network: inputs → logits, or a dict of outputs with them."""

    @property
    def dataset(self) -> Dataset:
        """Gives the examples."""

    @property
    def examples(self) -> Sequence[Example]:
        """All validation examples, in their order."""

    def some(self, most: int = HANDFUL) -> Sequence[Example]:
        """Return a few of the examples, evenly spread, the same ones every time."""

    def answers(self, examples: Sequence[Example]) -> Any:
        """Return the logits of some of the examples, in their order.

        Returns:
            Float32 array (examples, ...), or a list of arrays if their shapes differ.
        """


def share_of(glance: Glance, count: int = HANDFUL) -> float:
    """Return the share of the validation examples that some of them are."""
    return min(1.0, count / max(len(glance.examples), 1))


def no_views(glance: Glance) -> Sequence[View]:
    """Return no view."""
    return ()
