"""What is seen of a network of speech in training: a few texts, right and answered."""

from collections.abc import Mapping
from pathlib import Path

from tfapp.domains.audio.speech.decoding.decoder import Decoder
from tfapp.domains.audio.speech.tokens import text_of
from tfapp.report.blocks import Table
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "validation examples"


def speech_views(glance: Glance) -> tuple[View, ...]:
    """Return the view of a few recordings with what is said and answered."""
    decode, labels = Decoder(), glance.dataset.info.labels

    def draw() -> Mapping[str, Item]:
        examples = glance.some()
        rows = tuple(
            (
                Path(example.name).name,
                example.target,
                text_of([labels[i] for i in decode(logits)[0]]) or "nothing",
            )
            for example, logits in zip(examples, glance.answers(examples), strict=True)
        )
        return {NAME: Table(("Recording", "Said", "Answered"), rows, NAME, 3)}

    return (View(NAME, draw, share_of(glance)),)
