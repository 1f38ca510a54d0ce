"""Figures of a tagger: tokens, unseen words, spans, intents, with 95 % intervals."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfapp.base.intervals import paired_interval, wilson_interval
from tfapp.domains.text.labelling.evaluation.judging import Answer, unseen
from tfapp.domains.text.labelling.evaluation.spans import f1, spans_of

SMALLEST = 1e-9
"""Weight of a sentence without a span, true or answered: it moves no figure."""
MOST_CONFUSIONS = 20


def token_scores(answers: Sequence[Answer]) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of right tags and the number of tokens of each sentence."""
    shares = np.array([a.right.mean() for a in answers])
    return shares, np.array([len(a.right) for a in answers], float)


def span_scores(answers: Sequence[Answer]) -> tuple[np.ndarray, np.ndarray]:
    """Return F1 of each sentence and its weight: F1 of all is the weighted mean.

    2 right / (answered + true) is a ratio of sums over sentences, so with the
    denominators as weights the mean of the ratios is the ratio of the sums.
    """
    counts = np.array([a.spans for a in answers], float).reshape(-1, 3)
    both = counts[:, 1] + counts[:, 2]
    scores = np.where(both > 0, 2 * counts[:, 0] / np.maximum(both, 1), 1.0)
    return scores, np.maximum(both, SMALLEST)


def pooled(scores: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted mean."""
    return float(scores @ weights / weights.sum())


def labelling_figures(
    answers: Sequence[Answer], words: frozenset[str], spans: bool
) -> dict[str, Any]:
    """Return everything of metrics.json.

    Args:
        answers: of the test sentences.
        words: normalised, of training.
        spans: whether the tags mark spans.
    """
    figures: dict[str, Any] = {
        "examples": len(answers),
        "tokens": int(sum(len(a.right) for a in answers)),
        "token_accuracy": pooled(*token_scores(answers)),
        "token_accuracy_interval": _interval(*token_scores(answers)),
        "sentence_accuracy": float(np.mean([a.right.all() for a in answers])),
    }
    figures |= _unseen_figures(answers, words)
    if spans:
        figures |= _span_figures(answers)
    if any(a.sentence.intent for a in answers):
        figures |= _intent_figures(answers)
    return figures | {"per_tag": per_tag(answers), "confusions": confusions(answers)}


def _interval(scores: np.ndarray, weights: np.ndarray) -> list[float] | None:
    interval = paired_interval(scores, weights)
    return None if interval is None else [max(0.0, interval[0]), min(1.0, interval[1])]


def _unseen_figures(answers: Sequence[Answer], words: frozenset[str]) -> dict[str, Any]:
    new = [unseen(a.sentence.tokens, words) for a in answers]
    total = int(sum(n.sum() for n in new))
    hits = int(sum((a.right & n).sum() for a, n in zip(answers, new, strict=True)))
    return {
        "unseen_words": total,
        "unseen_accuracy": hits / total if total else None,
        "unseen_accuracy_interval": list(wilson_interval(hits, total)),
    }


def _span_figures(answers: Sequence[Answer]) -> dict[str, Any]:
    right, answered, true = (
        sum(column) for column in zip(*(a.spans for a in answers), strict=True)
    )
    return {
        "span_f1": f1([right], [answered], [true]),
        "span_f1_interval": _interval(*span_scores(answers)),
        "span_precision": right / answered if answered else None,
        "span_recall": right / true if true else None,
        "spans": true,
        "per_span": _per_span(answers),
    }


def _per_span(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return F1 and number of true spans of each kind, the most frequent first."""
    right: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for answer in answers:
        one, other = set(spans_of(answer.tags)), set(spans_of(answer.sentence.tags))
        right.update(span.kind for span in one & other)
        answered.update(span.kind for span in one)
        true.update(span.kind for span in other)
    return {
        kind: {
            "f1": f1([right[kind]], [answered[kind]], [true[kind]]),
            "answered": answered[kind],
            "true": true[kind],
        }
        for kind in sorted(true | answered, key=lambda k: (-true[k], k))
    }


def _intent_figures(answers: Sequence[Answer]) -> dict[str, Any]:
    hits, count = sum(a.intent_right for a in answers), len(answers)
    partly = sum(a.intent_partly_right for a in answers)
    return {
        "intent_accuracy": hits / count,
        "intent_accuracy_interval": list(wilson_interval(hits, count)),
        "intent_accuracy_any": partly / count,
        "frame_accuracy": float(
            np.mean([a.intent_right and a.right.all() for a in answers])
        ),
    }


def per_tag(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 of each tag, the most frequent first."""
    right: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for answer in answers:
        answered.update(answer.tags)
        true.update(answer.sentence.tags)
        right.update(t for t, hit in zip(answer.tags, answer.right, strict=True) if hit)
    return {
        tag: {
            "precision": right[tag] / max(1, answered[tag]),
            "recall": right[tag] / max(1, true[tag]),
            "f1": f1([right[tag]], [answered[tag]], [true[tag]]),
            "support": true[tag],
        }
        for tag in sorted(true, key=lambda t: (-true[t], t))
    }


def confusions(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Return the most frequent pairs of a right tag and the wrong one answered."""
    pairs: Counter[tuple[str, str]] = Counter()
    words: dict[tuple[str, str], Counter[str]] = {}
    for a in answers:
        for place in np.flatnonzero(~a.right):
            pair = a.sentence.tags[place], a.tags[place]
            pairs[pair] += 1
            words.setdefault(pair, Counter())[a.sentence.tokens[place]] += 1
    return [
        {
            "right": pair[0],
            "answered": pair[1],
            "count": number,
            "words": [word for word, _ in words[pair].most_common(4)],
        }
        for pair, number in pairs.most_common(MOST_CONFUSIONS)
    ]
