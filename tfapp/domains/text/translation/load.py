"""Pairs of texts to ids that a network learns from."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.report import refuse_damaged
from tfapp.data.scan.usable import Usable
from tfapp.data.spec import SPLITS, Example
from tfapp.data.split import split_examples
from tfapp.domains.text.lengths import Count, Digits, Length, Symbols
from tfapp.domains.text.translation.check import (
    DATES,
    DIGITS,
    MAX_LENGTH,
    SUMS,
    Examined,
    examine,
    open_pairs,
)
from tfapp.domains.text.translation.dataset import (
    CutPair,
    PairDataset,
    cut_pairs,
    pair_dataset,
)
from tfapp.domains.text.translation.preprocessor import (
    PairPreprocessor,
    read_preprocessor,
)
from tfapp.domains.text.translation.reading.generated import dates as make_dates
from tfapp.domains.text.translation.reading.generated import sums
from tfapp.domains.text.words.vocabulary import choose_words
from tfapp.report.wording import count as counted

MOST_SYMBOLS = 8000
SHOWN = 8
"""Symbols that a note lists."""


def text_pairs(
    context: LoadContext,
    *,
    source_column: str = "",
    target_column: str = "",
    delimiter: str = "",
    cut: Literal["characters", "spaces"] = "characters",
    max_length: Length = MAX_LENGTH,
    most_symbols: Symbols = MOST_SYMBOLS,
) -> PairDataset:
    """Pairs of texts, a text and the right answer to it: two columns of a table.

    Args:
        context: recipe, seed, split file.
        source_column: names the column of what is read; "" to find it.
        target_column: names the column of what is written; "" to find it.
        delimiter: between the cells of a table; "" to find it.
        cut: symbols are "characters", or what stands between "spaces".
        max_length: symbols of a side; longer pairs are left out.
        most_symbols: of each side, the most frequent ones; the others are unknown.

    Raises:
        ConfigError: if an option names no column.
        DataError: if the pairs cannot be used, or differ from the split file.
    """
    del source_column, target_column, delimiter, max_length  # they are read as options
    return _loaded(open_pairs(context), cut, most_symbols, context)


def addition(
    context: LoadContext, *, digits: Digits = DIGITS, count: Count = SUMS
) -> PairDataset:
    """Generated sums of two integers, such as "12+345" with "357".

    Args:
        context: recipe, seed, split file; `data.path` is "addition".
        digits: of each number, at most.
        count: how many sums.

    Raises:
        ConfigError: if there are too few different sums.
    """
    made = examine(sums(digits, count), "characters", MAX_LENGTH)
    return _loaded(made, "characters", MOST_SYMBOLS, context)


def dates(context: LoadContext, *, count: Count = DATES) -> PairDataset:
    """Generated dates as people write them, with their ISO 8601 form.

    Args:
        context: recipe, seed, split file; `data.path` is "dates".
        count: how many dates.

    Raises:
        ConfigError: if there are too few different dates.
    """
    made = examine(make_dates(count), "characters", MAX_LENGTH)
    return _loaded(made, "characters", MOST_SYMBOLS, context)


def _loaded(
    examined: Examined, cut: str, most_symbols: int, context: LoadContext
) -> PairDataset:
    """Split examined pairs, learn the symbols of the training part, look them up."""
    refuse_damaged(examined.report, context.config.check.max_bad_share)
    listed = tuple(_examples(examined))
    source = Source(examined.whole.name, None, listed, ())
    examples = split_examples(source, Usable(listed, listed, (), ()), context)
    trained = [examined.cut[e.name] for e in examples if e.split == "train"]
    further = {
        title: tuple(cut_pairs(pairs, cut).values())
        for title, pairs in examined.whole.further.items()
    }
    if context.preprocess:
        preprocessor = read_preprocessor(context.preprocess)
    elif trained:
        preprocessor = _learned(trained, cut, most_symbols, further)
    else:
        raise DataError(f"{examined.whole.name}: no pair is left to learn from.")
    notes = tuple(_notes(examined, examples, preprocessor))
    size = context.config.batch_size
    return pair_dataset(examples, examined.cut, preprocessor, size, notes, further)


def _examples(examined: Examined) -> Iterator[Example]:
    """Yield an example per pair; those of equal sources share a content hash."""
    for pair in examined.pairs:
        cut = examined.cut[pair.name]
        hashes = _hash(cut.source), _hash(cut.target)
        yield Example(pair.name, pair.split, "", pair.group, *hashes)


def _learned(
    trained: Sequence[CutPair],
    cut: str,
    most: int,
    further: Mapping[str, Sequence[CutPair]],
) -> PairPreprocessor:
    """Return the preprocessor of training pairs.

    Of the further pairs it has the lengths alone, so that a longer answer has room.
    """
    every = [*trained, *(pair for pairs in further.values() for pair in pairs)]
    return PairPreprocessor(
        choose_words([pair.source for pair in trained], most),
        choose_words([pair.target for pair in trained], most),
        cut,
        max(len(pair.source) for pair in every),
        max(len(pair.target) for pair in every),
    )


def _notes(
    examined: Examined, examples: Sequence[Example], preprocessor: PairPreprocessor
) -> Iterator[str]:
    """Yield the lines to show the user before training begins."""
    if line := examined.report.summary():
        yield line
    tested = [e for e in examples if e.split != "train"]
    pairs = [examined.cut[e.name] for e in tested]
    for side, symbols in (
        ("sources", set(preprocessor.source)),
        ("targets", set(preprocessor.target)),
    ):
        texts = [pair.source if side == "sources" else pair.target for pair in pairs]
        unknown = Counter(s for text in texts for s in text if s not in symbols)
        if unknown:
            shown = ", ".join(f"{s!r} ({n})" for s, n in unknown.most_common(SHOWN))
            wrong = "" if side == "sources" else "; answers with them count as wrong"
            yield f"{side} hold symbols that training does not have: {shown}{wrong}"
    if cut := sum(len(pair.source) > preprocessor.longest for pair in pairs):
        yield (
            f"{counted(cut, 'sources')} longer than those of the training part: of "
            f"each the first {preprocessor.longest} symbols are read"
        )
    splits = {e.split for e in examples}
    if "train" in splits:
        yield from (f"no {split} pairs" for split in SPLITS if split not in splits)


def _hash(symbols: tuple[str, ...]) -> str:
    text = "\x1f".join(symbols).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=8).hexdigest()
