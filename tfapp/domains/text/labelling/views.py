"""What is seen of a tagger in training: a few sentences with their tags."""

from collections.abc import Mapping
from typing import cast

from tfapp.domains.text.labelling.dataset import SentenceDataset
from tfapp.domains.text.labelling.evaluation.judging import Answer, answers_of
from tfapp.report.blocks import Table
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "validation examples"
PLAIN = "O"
"""Tag of tokens outside all spans, which is not written."""


def sentence_views(glance: Glance) -> tuple[View, ...]:
    """Return the view of a few sentences, each token with its tag."""

    def draw() -> Mapping[str, Item]:
        dataset, examples = cast(SentenceDataset, glance.dataset), glance.some()
        answers = answers_of(
            glance.answers(examples),
            [dataset.sentences[e.name] for e in examples],
            dataset.tags,
            dataset.intents,
            1.0,
        )
        rows = tuple(_row(answer) for answer in answers)
        header = ("Right", "Sentence: word/tag, a wrong one with what is right")
        return {NAME: Table(header, rows, NAME, 2)}

    return (View(NAME, draw, share_of(glance)),)


def _row(answer: Answer) -> tuple[str, str]:
    sentence = answer.sentence
    parts = []
    for token, tag, true in zip(
        sentence.tokens, answer.tags, sentence.tags, strict=True
    ):
        shown = token if tag == true == PLAIN else f"{token}/{tag}"
        parts.append(shown if tag == true else f"{shown} (✗ {true})")
    if answer.intent:
        right = "" if answer.intent_right else f" (✗ {sentence.intent})"
        parts.insert(0, f"intent {answer.intent}{right}:")
    return f"{int(answer.right.sum())} of {len(answer.right)}", " ".join(parts)
