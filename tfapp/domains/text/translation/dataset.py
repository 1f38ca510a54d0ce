"""Pairs of texts as a dataset: ids of the symbols of both sides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.text.translation.losses import PADDING
from tfapp.domains.text.translation.preprocessor import TEXT, PairPreprocessor
from tfapp.domains.text.translation.reading.spec import Pair
from tfapp.domains.text.words.tokenizers import tokenized

END_NAME = "end"
"""Name of the output that ends an answer."""

Symbols = tuple[str, ...]


@dataclass(frozen=True)
class CutPair:
    """The symbols of both sides of a pair."""

    source: Symbols
    target: Symbols


def cut_pairs(pairs: Sequence[Pair], cut: str) -> dict[str, CutPair]:
    """Return name of a pair → its symbols, by the very operations of the graph."""
    sources = tokenized(cut, [pair.source for pair in pairs])
    targets = tokenized(cut, [pair.target for pair in pairs])
    return {
        pair.name: CutPair(tuple(source), tuple(target))
        for pair, source, target in zip(pairs, sources, targets, strict=True)
    }


def one_by_one(
    examples: Sequence[Example], pieces: Iterator[np.ndarray]
) -> Iterator[np.ndarray]:
    """Yield the answers to single examples: all of them may not fit in memory."""
    return chain.from_iterable(pieces)


@dataclass(frozen=True, eq=False, kw_only=True)
class PairDataset(ArrayDataset):
    """Pairs of texts.

    Args:
        preprocessor: cuts and looks up.
        pairs: name of an example → the symbols of its sides.
        further: title → pairs of another kind that the report tries the model on.
    """

    preprocessor: PairPreprocessor
    pairs: Mapping[str, CutPair]
    further: Mapping[str, Sequence[CutPair]] = field(default_factory=dict)

    joined = staticmethod(one_by_one)  # type: ignore[assignment]

    def of(self, split: str) -> list[CutPair]:
        """Return the pairs of a split in the order of its examples."""
        return [self.pairs[example.name] for example in self.examples[split]]


def pair_dataset(
    examples: Sequence[Example],
    pairs: Mapping[str, CutPair],
    preprocessor: PairPreprocessor,
    batch_size: int,
    notes: tuple[str, ...],
    further: Mapping[str, Sequence[CutPair]],
) -> PairDataset:
    """Look everything up and describe it.

    Args:
        examples: with their splits.
        pairs: name of an example → its symbols.
        preprocessor: with the symbols of the training part.
        batch_size: pairs in a batch.
        notes: lines to show the user.
        further: see `PairDataset`.
    """
    names = [example.name for example in examples]
    sources = [preprocessor.source_ids(_read(pairs[n], preprocessor)) for n in names]
    targets = [preprocessor.target_ids(pairs[n].target) for n in names]
    steps = preprocessor.longest_answer + 1
    labels = (END_NAME, *preprocessor.target)
    spec = InputSpec((None,), "int32", len(preprocessor.source) + 2)

    def read(example: Example) -> dict[str, Any]:
        return {TEXT: preprocessor.text_of(pairs[example.name].source)}

    return PairDataset(
        info=DataInfo(
            {"source": spec}, (steps,), len(labels), labels, fingerprint(examples)
        ),
        examples={s: tuple(e for e in examples if e.split == s) for s in SPLITS},
        preprocessor=preprocessor,
        names=names,
        inputs={"source": Column(sources)},
        answers=Column([ids[:steps] for ids in targets], padding=PADDING),
        read=read,
        batch_size=batch_size,
        notes=notes,
        lengths=np.array(
            [len(s) + len(t) for s, t in zip(sources, targets, strict=True)]
        ),
        pairs=pairs,
        further=further,
    )


def _read(pair: CutPair, preprocessor: PairPreprocessor) -> Symbols:
    return pair.source[: preprocessor.longest]
