"""What is seen of a classifier of texts in training."""

from collections.abc import Mapping

from tfapp.problems.classification.views import class_caption, class_views
from tfapp.report.blocks import Table
from tfapp.report.wording import shorten
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "validation examples"
SHOWN = 200
"""Characters of a text that are shown."""


def text_views(glance: Glance) -> tuple[View, ...]:
    """Return the views of a classifier, and a few texts with their answers."""

    def draw() -> Mapping[str, Item]:
        examples, names = glance.some(), glance.dataset.info.labels
        rows = tuple(
            (
                class_caption(example.target, logits, names),
                shorten(glance.dataset.raw(example)["text"].decode(), SHOWN),
            )
            for example, logits in zip(examples, glance.answers(examples), strict=True)
        )
        return {NAME: Table(("Truth → answer", "Text"), rows, NAME, 2)}

    return (View(NAME, draw, share_of(glance)), *class_views(glance))
