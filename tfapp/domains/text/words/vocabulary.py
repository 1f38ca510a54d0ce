"""The words that a network knows, in the order of their numbers."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

PADDING, UNKNOWN = 0, 1
"""Numbers that are no word: behind the end of a text, and for words not in the list."""
FIRST_WORD = 2
LARGEST = 46_000
"""Words at most: a pair of them is one 32-bit integer, see `layers.ngram_weights`."""


def choose_words(
    texts: Iterable[Sequence[str]],
    most: int,
    least_count: int = 1,
    further: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the words of texts, the most frequent first, equals by the alphabet.

    Args:
        texts: words of each training text.
        most: words that are returned at most.
        least_count: times that a word has to occur.
        further: words to add behind them while there is room, such as those that have
            a vector.
    """
    counts = Counter(word for text in texts for word in text)
    ranked = sorted(
        (word for word, count in counts.items() if count >= least_count),
        key=lambda word: (-counts[word], word),
    )
    listed = dict.fromkeys(ranked[:most])
    for word in further:
        if len(listed) >= most:
            break
        listed[word] = None
    return tuple(listed)
