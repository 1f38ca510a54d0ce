"""What is seen of a language model in training: what it writes."""

from collections.abc import Mapping
from typing import cast

from tfapp.domains.text.language.load import TextDataset
from tfapp.domains.text.language.stepping import PROMPTED, continuations
from tfapp.report.blocks import Details
from tfapp.tasks.watching import Glance, Item, View

TEMPERATURES = (0.5, 0.8)
LENGTH = 200
"""Characters of a sample."""


def sample_views(glance: Glance) -> tuple[View, ...]:
    """Return the view of samples behind the beginning of the validation part."""

    def draw() -> Mapping[str, Item]:
        text = cast(TextDataset, glance.dataset)
        lead = f"Behind the first {PROMPTED} characters of the validation part"
        written = continuations(glance.model, text, text.ends[0], LENGTH, TEMPERATURES)
        return {
            f"samples/temperature {t:g}": Details(lead, passage)
            for t, passage in written
        }

    return (View("samples", draw),)
