"""The simple methods that a translator has to beat, on the same pairs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from tfapp.base.intervals import paired_interval, wilson_interval
from tfapp.data.spec import Dataset
from tfapp.domains.text.translation.dataset import CutPair, PairDataset, Symbols
from tfapp.domains.text.translation.evaluation.distance import edit_distance
from tfapp.domains.text.translation.evaluation.results import (
    SYMBOLS,
    Answer,
    answer_figures,
)
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

SIZES = (1, 3)
"""Symbols of the n-grams by which sources are alike."""
CANDIDATES = 10
"""Sources that share most n-grams; the one of the fewest edits is the nearest."""
TRAINED = 20_000
"""Training pairs that are searched at most."""
ROWS = 256


def translation_baselines(
    results: Results, data: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple methods answer to the test pairs.

    They are: the source itself; the most frequent target; and the target of the nearest
    training source.

    Args:
        results: of `evaluate_translator`.
        data: pairs of texts; without training ones there is nothing to compare.
        features: not used.
    """
    dataset, own = cast(PairDataset, data), cast(list[Answer], results.evidence)
    train, test = dataset.of("train"), dataset.of("test")
    if not train:
        return ()
    frequent = Counter(pair.target for pair in train).most_common(1)[0][0]
    methods: dict[str, Iterable[Symbols]] = {
        "the source, copied": (pair.source for pair in test),
        "most frequent target": (frequent for _ in test),
        "target of the nearest training source": nearest_targets(train, test),
    }
    return tuple(
        _baseline(name, [Answer(p, s) for p, s in zip(test, found, strict=True)], own)
        for name, found in methods.items()
    )


def nearest_targets(train: Sequence[CutPair], test: Sequence[CutPair]) -> list[Symbols]:
    """Return the targets of the training sources that are the most like test ones.

    Candidates are those of the largest cosine of counts of 1- to 3-grams; of these the
    one of the fewest edits is taken. Of many training pairs every n-th is searched.
    """
    train = train[:: -(-len(train) // TRAINED)]
    grams = CountVectorizer(analyzer=_grams, dtype=np.float32)
    rows = normalize(grams.fit_transform([pair.source for pair in train]))
    asked = normalize(grams.transform([pair.source for pair in test]))
    count = min(CANDIDATES, len(train))
    nearest = []
    for start in range(0, len(test), ROWS):
        alike = (asked[start : start + ROWS] @ rows.T).toarray()
        places = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        nearest += [sorted(row) for row in places.tolist()]
    return [
        min((train[i] for i in row), key=_edits_to(pair)).target
        for row, pair in zip(nearest, test, strict=True)
    ]


def _edits_to(pair: CutPair) -> Any:
    return lambda other: edit_distance(pair.source, other.source)


def _grams(symbols: Symbols) -> list[str]:
    return [
        "\x1f".join(symbols[i : i + size])
        for size in range(SIZES[0], SIZES[1] + 1)
        for i in range(len(symbols) - size + 1)
    ]


def _baseline(
    name: str, answers: Sequence[Answer], network: Sequence[Answer]
) -> Baseline:
    figures = answer_figures(answers)
    right = np.array([float(a.is_right) for a in answers])
    own = np.array([float(a.is_right) for a in network])
    return Baseline(
        name,
        figures["exact_accuracy"],
        wilson_interval(int(right.sum()), len(right)),
        paired_interval(own - right),
        {SYMBOLS: figures[SYMBOLS], "edit_rate": figures["edit_rate"]},
    )
