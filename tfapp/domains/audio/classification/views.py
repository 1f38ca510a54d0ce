"""What is seen of a classifier of recordings in training."""

from collections.abc import Mapping
from pathlib import Path

from tfapp.problems.classification.views import class_caption, class_views
from tfapp.report.blocks import Table
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "validation examples"


def recording_views(glance: Glance) -> tuple[View, ...]:
    """Return the views of a classifier, and a few recordings with their answers."""

    def draw() -> Mapping[str, Item]:
        examples, names = glance.some(), glance.dataset.info.labels
        rows = tuple(
            (Path(example.name).name, class_caption(example.target, logits, names))
            for example, logits in zip(examples, glance.answers(examples), strict=True)
        )
        return {NAME: Table(("Recording", "Truth → answer"), rows, NAME, 2)}

    return (*class_views(glance), View(NAME, draw, share_of(glance)))
