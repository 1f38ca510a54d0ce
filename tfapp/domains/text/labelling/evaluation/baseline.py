"""The simple taggers that a network has to beat, on the same sentences."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier

from tfapp.base.intervals import paired_interval
from tfapp.data.spec import Dataset
from tfapp.domains.text.labelling.dataset import UNKNOWN_TAG, SentenceDataset
from tfapp.domains.text.labelling.evaluation.figures import labelling_figures, pooled
from tfapp.domains.text.labelling.evaluation.judging import Answer, normalized
from tfapp.domains.text.labelling.evaluation.results import Evidence, scores_of
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

WORD_REACH, PIECE_REACH = 2, 1
"""Neighbours on each side whose words, and whose affixes and shapes, are seen."""
PASSES = 12
PENALTY, RATE = 1e-6, 0.1
"""A constant rate, since the weights are averaged (Polyak & Juditsky, 1992)."""
UPDATES = 40_000_000
"""Pairs of a token and a tag that the linear tagger sees at most, in all its passes:
about a minute."""
LEAST_PASSES = 3


def labelling_baselines(
    results: Results, data: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple taggers reach on the test sentences.

    They are: the most frequent tag of each word, and an averaged linear tagger on
    words, affixes of 1 to 5 letters, shapes, and those of the neighbours; with intents
    also a logistic regression on the 1- to 3-grams of an utterance.

    Args:
        results: of `evaluate_tagger`.
        data: tagged sentences; without training ones there is nothing to compare.
        features: not used.
    """
    dataset, evidence = cast(SentenceDataset, data), cast(Evidence, results.evidence)
    if not dataset.examples["train"]:
        return ()
    intents = _intents(dataset)
    guesses = {
        "most frequent tag of the word": _frequent(dataset),
        "linear tagger": _linear(dataset),
    }
    return tuple(
        _baseline(name, list(tags), intents, results, evidence)
        for name, tags in guesses.items()
    )


def _baseline(
    name: str,
    tags: list[tuple[str, ...]],
    intents: Sequence[str],
    results: Results,
    evidence: Evidence,
) -> Baseline:
    """Return the figures of a tagger, and how far the network is ahead of it."""
    answers = [
        Answer(a.sentence, own, np.ones(len(own)), intent)
        for a, own, intent in zip(evidence.answers, tags, intents, strict=True)
    ]
    figures = labelling_figures(answers, evidence.words, evidence.spans)
    metric = results.metric
    scores, weights = scores_of(metric, answers)
    network, own = scores_of(metric, evidence.answers)
    gain = _margin((network, own), (scores, weights))
    others = {q.key: figures[q.key] for q in metric.others if figures.get(q.key)}
    interval = paired_interval(scores, weights)
    return Baseline(name, figures[metric.key], interval, gain, others)


def _margin(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]
) -> tuple[float, float] | None:
    """Return the 95 % interval of the difference of two weighted means.

    Each is linearised, since the weights of spans differ between two taggers.
    """
    parts = []
    for scores, weights in (one, other):
        mean = pooled(scores, weights)
        parts.append(mean + (scores - mean) * weights / weights.mean())
    return paired_interval(parts[0] - parts[1])


def _frequent(dataset: SentenceDataset) -> Iterator[tuple[str, ...]]:
    """Yield the most frequent tag of every word, of new words that of all tokens."""
    counts: dict[str, Counter[str]] = {}
    every: Counter[str] = Counter()
    for sentence in dataset.of("train"):
        every.update(sentence.tags)
        for token, tag in zip(sentence.tokens, sentence.tags, strict=True):
            counts.setdefault(normalized(token), Counter())[tag] += 1
    best = {word: tags.most_common(1)[0][0] for word, tags in counts.items()}
    usual = every.most_common(1)[0][0]
    for sentence in dataset.of("test"):
        yield tuple(best.get(normalized(token), usual) for token in sentence.tokens)


def _linear(dataset: SentenceDataset) -> Iterator[tuple[str, ...]]:
    """Yield the tags that an averaged linear tagger gives each test sentence."""
    seen, targets = _rows(dataset, "train")
    passes = UPDATES // max(1, len(targets) * len(dataset.tags))
    model = SGDClassifier(
        "log_loss",
        alpha=PENALTY,
        learning_rate="constant",
        eta0=RATE,
        average=True,
        max_iter=max(LEAST_PASSES, min(PASSES, passes)),
        tol=None,
        random_state=0,
    ).fit(seen, targets)
    answers = model.predict(_rows(dataset, "test")[0])
    tags, start = dataset.tags, 0
    for sentence in dataset.of("test"):
        own = answers[start : start + len(sentence.tokens)]
        start += len(own)
        yield tuple(tags[i] for i in own)


def _rows(dataset: SentenceDataset, split: str) -> tuple[csr_matrix, np.ndarray]:
    """Return what the linear tagger sees of each token, and the ids of the tags.

    Returns:
        Sparse (tokens, features) of zeros and ones, and int (tokens,).
    """
    places = dataset.rows(split)
    columns = {n: dataset.inputs[n].at(places) for n in ("words", "pieces")}
    answers = dataset.answers.at(places)
    targets = np.concatenate([np.reshape(a, (len(a), -1))[:, 0] for a in answers])
    blocks, start = [], 0
    for name, reach in (("words", WORD_REACH), ("pieces", PIECE_REACH)):
        size = dataset.info.inputs[name].num_values
        for offset in range(-reach, reach + 1):
            rows = [_moved(np.reshape(v, (len(v), -1)), offset) for v in columns[name]]
            blocks.append(np.concatenate(rows) + start)
            start += size
    ids = np.concatenate(blocks, axis=1)
    ends = np.arange(len(ids) + 1) * ids.shape[1]
    ones = np.ones(ids.size, np.float32)
    matrix = csr_matrix((ones, ids.ravel(), ends), (len(ids), start))
    known = targets != UNKNOWN_TAG
    return (matrix, targets) if split == "test" else (matrix[known], targets[known])


def _moved(ids: np.ndarray, offset: int) -> np.ndarray:
    """Return the ids of the neighbour at an offset, 0 outside of the sentence."""
    moved = np.zeros_like(ids)
    length = len(ids)
    if abs(offset) < length:
        own = slice(max(0, -offset), length - max(0, offset))
        other = slice(max(0, offset), length - max(0, -offset))
        moved[own] = ids[other]
    return moved


def _intents(dataset: SentenceDataset) -> list[str]:
    """Return the intent that a logistic regression gives each test sentence."""
    train, test = dataset.of("train"), dataset.of("test")
    names = {s.intent for s in train}
    if len(names) < 2:
        return [next(iter(names))] * len(test)
    grams = CountVectorizer(
        analyzer=_grams, binary=True, dtype=np.float32, lowercase=False
    )
    rows = grams.fit_transform([s.tokens for s in train])
    model = LogisticRegression(C=10.0, max_iter=200)
    model.fit(rows, [s.intent for s in train])
    answers: Any = model.predict(grams.transform([s.tokens for s in test]))
    return [str(name) for name in answers]


def _grams(tokens: Sequence[str]) -> list[str]:
    """Return the 1- to 3-grams of a sentence, in small letters."""
    words = [normalized(token) for token in tokens]
    return [
        " ".join(words[i : i + size])
        for size in (1, 2, 3)
        for i in range(len(words) - size + 1)
    ]
