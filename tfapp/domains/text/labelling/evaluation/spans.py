"""Spans that tags mark, as names in a sentence: "B-city", "I-city", "O"."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from tfapp.domains.text.labelling.reading.spec import OUTSIDE


class Span(NamedTuple):
    """Tokens that belong together.

    Args:
        kind: what they are, such as "city".
        start: first token.
        stop: token behind the last one.
    """

    kind: str
    start: int
    stop: int


def spans_of(tags: Sequence[str]) -> list[Span]:
    """Return the spans of a sentence, in their order.

    A span begins at "B-", and at an "I-" of another kind than the token before it, as
    conlleval counts and seqeval after it; it lasts over every "I-" of its kind.

    Args:
        tags: of its tokens.

    References:
        Tjong Kim Sang & De Meulder, Introduction to the CoNLL-2003 Shared Task, 2003.
    """
    spans: list[Span] = []
    open_span: Span | None = None
    for place, tag in enumerate([*tags, OUTSIDE]):
        mark, _, kind = tag.partition("-")
        goes_on = open_span is not None and mark == "I" and kind == open_span.kind
        if open_span is not None and not goes_on:
            spans.append(open_span._replace(stop=place))
            open_span = None
        if open_span is None and mark in ("B", "I"):
            open_span = Span(kind, place, place)
    return spans


def unopened(tags: Sequence[str]) -> int:
    """Return how many spans of a sentence begin with "I-"."""
    return sum(tags[span.start].startswith("I-") for span in spans_of(tags))


def marks_spans(tags: Collection[str]) -> bool:
    """Return whether tags mark spans: "O", and others that begin with B- or I-."""
    others = [tag for tag in tags if tag != OUTSIDE]
    return len(others) < len(tags) and all(t[:2] in ("B-", "I-") for t in others)


def f1(right: Iterable[int], answered: Iterable[int], true: Iterable[int]) -> float:
    """Return 2 right / (answered + true), 1 where there is nothing to find."""
    total = sum(answered) + sum(true)
    return 2 * sum(right) / total if total else 1.0
