"""What is seen of a translator in training: a few pairs with what it answers."""

from collections.abc import Mapping
from typing import cast

from tfapp.domains.text.translation.dataset import PairDataset
from tfapp.domains.text.translation.evaluation.results import answers_of
from tfapp.report.blocks import Table
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "validation examples"


def pair_views(glance: Glance) -> tuple[View, ...]:
    """Return the view of a few pairs, each with the answer of the search."""

    def draw() -> Mapping[str, Item]:
        dataset, examples = cast(PairDataset, glance.dataset), glance.some()
        text_of, names = dataset.preprocessor.text_of, dataset.preprocessor.names
        pairs = [dataset.pairs[e.name] for e in examples]
        rows = tuple(
            (
                "right" if a.is_right else "✗",
                text_of(a.pair.source),
                text_of(a.symbols),
                text_of(a.pair.target),
            )
            for a in answers_of(glance.answers(examples), pairs, names)
        )
        return {NAME: Table(("", "Read", "Answered", "Right is"), rows, NAME, 4)}

    return (View(NAME, draw, share_of(glance)),)
