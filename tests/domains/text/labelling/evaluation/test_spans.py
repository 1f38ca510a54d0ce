"""Spans of tags against an independent implementation of conlleval's rules."""

import random

import pytest

from tfapp.domains.text.labelling.evaluation.figures import pooled, span_scores
from tfapp.domains.text.labelling.evaluation.judging import Answer
from tfapp.domains.text.labelling.evaluation.spans import (
    f1,
    marks_spans,
    spans_of,
    unopened,
)
from tfapp.domains.text.labelling.reading.spec import Sentence

TAGS = ("O", "B-x", "I-x", "B-y", "I-y")


def conlleval(tags):
    """Return (kind, first, last) of each span, as conlleval.pl finds them.

    Its rules for where a chunk ends and starts, tag by tag, written out.
    """
    chunks, begin = [], 0
    previous, previous_kind = "O", ""
    for i, tag in enumerate([*tags, "O"]):
        mark, kind = (tag[0], tag[2:]) if tag != "O" else ("O", "")
        ends = (
            (previous == "B" and mark in "BO")
            or (previous == "I" and mark in "BO")
            or (previous != "O" and previous_kind != kind)
        )
        if ends:
            chunks.append((previous_kind, begin, i - 1))
        starts = (
            mark == "B"
            or (previous == "O" and mark == "I")
            or (mark != "O" and previous_kind != kind)
        )
        if starts:
            begin = i
        previous, previous_kind = mark, kind
    return chunks


def random_tags(generator):
    """Return up to eight random tags."""
    return tuple(generator.choice(TAGS) for _ in range(generator.randint(1, 8)))


def test_spans_are_those_of_conlleval():
    """On a thousand random sentences, with spans that begin with I-."""
    generator = random.Random(0)
    for _ in range(1000):
        tags = random_tags(generator)
        found = [(s.kind, s.start, s.stop - 1) for s in spans_of(tags)]
        assert found == conlleval(tags), tags


def test_f1_of_all_is_the_weighted_mean_of_sentences():
    """Micro F1 from sets of spans equals the pooled scores."""
    generator = random.Random(1)
    answers, right, answered, true = [], 0, 0, 0
    for _ in range(200):
        tags = random_tags(generator)
        other = tuple(t if generator.random() < 0.7 else "O" for t in tags)
        answers.append(Answer(Sentence(("w",) * len(tags), tags), other, None))
        one, two = set(conlleval(other)), set(conlleval(tags))
        right, answered, true = (
            right + len(one & two),
            answered + len(one),
            true + len(two),
        )
    expected = 2 * right / (answered + true)
    assert pooled(*span_scores(answers)) == pytest.approx(expected)
    assert f1([right], [answered], [true]) == pytest.approx(expected)


def test_other_properties():
    """Spans without B-, tags that mark none, and a text without spans."""
    assert unopened(("I-x", "I-x", "O", "B-y", "I-x")) == 2
    assert marks_spans({"O", "B-x"})
    assert not marks_spans({"O", "NOUN"})
    assert not marks_spans({"B-x", "I-x"})
    assert f1([], [], []) == 1.0
