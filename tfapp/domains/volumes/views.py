"""What is seen of a classifier of volumes or clips in training."""

from collections.abc import Mapping

from tfapp.domains.volumes.strips import Shown, strips
from tfapp.problems.classification.views import class_caption, class_views
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "validation examples"
ROWS = 8
"""Examples of a sheet."""


def strip_views(shown: Shown, glance: Glance) -> tuple[View, ...]:
    """Return the views of a classifier, and strips of examples with their answers.

    Args:
        shown: what is drawn of an example.
        glance: gives the examples.
    """

    def draw() -> Mapping[str, Item]:
        examples, names = glance.some(ROWS), glance.dataset.info.labels
        rows = [shown(glance.dataset, example) for example in examples]
        captions = [
            class_caption(example.target, logits, names)
            for example, logits in zip(examples, glance.answers(examples), strict=True)
        ]
        return {NAME: strips(rows, captions)}

    return (*class_views(glance), View(NAME, draw, share_of(glance, ROWS)))
