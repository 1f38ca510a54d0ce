"""Kneser-Ney against its definition, written with dictionaries."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tfapp.domains.text.language.kneser_ney import discounts, fit_ngrams

TEXT = np.random.default_rng(0).choice(5, 400, p=[0.4, 0.3, 0.15, 0.1, 0.05])


def by_definition(text, symbols, order):
    """Return a function (context, symbol) → probability, from the formulas."""
    text = tuple(int(c) for c in text)
    counts = {order: Counter(text[i : i + order] for i in range(len(text) - order + 1))}
    for size in range(order - 1, 0, -1):
        counts[size] = Counter(gram[1:] for gram in counts[size + 1])
        counts[size][text[:size]] += 1
    taken = {n: discounts(np.array([*c.values()])) for n, c in counts.items()}

    def probability(context, symbol):
        size = len(context) + 1
        shorter = probability(context[1:], symbol) if context else 1 / symbols
        own = {g: c for g, c in counts[size].items() if g[:-1] == tuple(context)}
        if not own:
            return shorter
        total = sum(own.values())
        off = {g: taken[size][min(c, 3)] for g, c in own.items()}
        gram = (*context, symbol)
        mass = (own[gram] - off[gram]) / total if gram in own else 0.0
        return mass + sum(off.values()) / total * shorter

    return probability


def test_probabilities_are_those_of_the_definition():
    """Along another text, with contexts that are new at its beginning."""
    model, exact = fit_ngrams(TEXT, 6, 3), by_definition(TEXT, 6, 3)
    other = np.random.default_rng(1).integers(0, 6, 60)
    found = model.probabilities(other)
    expected = [
        exact(tuple(int(c) for c in other[max(0, i - 2) : i]), int(other[i]))
        for i in range(len(other))
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(model.probabilities(other, 10), expected[10:])


def test_they_sum_to_one():
    """Behind contexts that are frequent, rare, new, and empty."""
    model = fit_ngrams(TEXT, 6, 7)
    for context in ((), (0,), (5, 5), tuple(TEXT[:9]), (4, 5, 4, 5, 4, 5, 0)):
        shares = model.next_distribution(context)
        assert shares.sum() == pytest.approx(1.0)
        assert (shares > 0).all()


def test_short_texts_and_many_symbols():
    """A text of one character works; what does not fit into 64 bits is refused."""
    assert fit_ngrams(np.array([1]), 2).probabilities(np.array([1]))[0] > 0.5
    with pytest.raises(ValueError, match="At most 512 symbols"):
        fit_ngrams(TEXT, 600)


@pytest.mark.slow
@pytest.mark.skipif("TFAPP_DATA" not in os.environ, reason="TFAPP_DATA is not set")
def test_tiny_shakespeare():
    """1.518 nats a character on the last tenth, as an independent program gave."""
    folder = Path(os.environ["TFAPP_DATA"]) / "tiny_shakespeare"
    text = next(folder.glob("*.txt")).read_text(encoding="utf-8")
    symbols = sorted(set(text))
    ids = np.array([symbols.index(c) for c in text])
    cut = round(0.9 * len(ids))
    shares = fit_ngrams(ids[:cut], len(symbols)).probabilities(ids[cut - 6 :], 6)
    assert -np.log(shares).mean() == pytest.approx(1.518, abs=0.002)
