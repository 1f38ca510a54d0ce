"""A file of running text to stretches of characters."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.context import LoadContext
from tfapp.data.place import expand_path
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint, keep_record
from tfapp.domains.text.language.preprocessor import (
    OTHER,
    TEXT,
    CharacterPreprocessor,
    learn_symbols,
    read_preprocessor,
)
from tfapp.domains.text.language.reading import read_running_text
from tfapp.domains.text.lengths import Length
from tfapp.recipes.config import SplitConfig

LEAST = 1000
"""Characters without which nothing can be learned and tested."""


@dataclass(frozen=True)
class Stretch:
    """Characters that one example reads.

    Args:
        start: first character that is read.
        scored: first one whose prediction counts.
        stop: behind the last one, which is predicted but not read.
    """

    start: int
    scored: int
    stop: int


@dataclass(frozen=True, eq=False, kw_only=True)
class TextDataset(ArrayDataset):
    """Stretches of a running text.

    Args:
        preprocessor: characters to ids.
        text: ids of the whole text, int32 (characters,).
        ends: of training, validation and test part, in characters.
        stretches: name of an example → what it reads.
    """

    preprocessor: CharacterPreprocessor
    text: np.ndarray
    ends: tuple[int, int, int]
    stretches: Mapping[str, Stretch]

    def scored(self, example: Example) -> int:
        """Return how many predictions of an example count, the last ones."""
        stretch = self.stretches[example.name]
        return stretch.stop - stretch.scored


def running_text(
    context: LoadContext, *, window: Length = 200, look_back: Length = 200
) -> TextDataset:
    """One text, read character by character: its first part trains, its last one tests.

    Args:
        context: recipe, seed, split file.
        window: characters of a training example, and of those that are scored together.
        look_back: characters read before those of a validation or test example, so that
            each is predicted from a full context.

    Raises:
        DataError: if it is no text, or too short.
    """
    path = Path(expand_path(context.config.path))
    text = read_running_text(path)
    if len(text) < LEAST:
        raise DataError(
            f"{path.name} holds {len(text):,} characters. Expected {LEAST:,} or more."
        )
    whole = (0, 0, len(text))
    ends = whole if context.preprocess else cuts(len(text), context.config.split)
    preprocessor = (
        read_preprocessor(context.preprocess)
        if context.preprocess
        else CharacterPreprocessor(learn_symbols(text[: ends[0]]))
    )
    ids = preprocessor.ids(text)
    stretches = _stretches(path.name, ends, window, look_back)
    dataset = _dataset(ids, preprocessor, ends, stretches, context)
    if context.split_file is not None:
        keep_record(context.split_file, _record(path.name, dataset))
    return dataset


def cuts(length: int, shares: SplitConfig) -> tuple[int, int, int]:
    """Return where training, validation and test part of a text end.

    Args:
        length: of the text.
        shares: `test` of all, at its end, and `validation` of what is before it.
    """
    test = round(length * (1 - shares.test))
    return round(test * (1 - shares.validation)), test, length


def _stretches(
    name: str, ends: Sequence[int], window: int, look_back: int
) -> dict[str, dict[str, Stretch]]:
    """Return split → name of an example → what it reads."""
    result: dict[str, dict[str, Stretch]] = {}
    begin = 0
    for split, end in zip(SPLITS, ends, strict=True):
        back = 0 if split == "train" else look_back
        # The first character of a text has nothing before it and is not predicted.
        starts = range(max(begin, 1), end, window)
        result[split] = {
            f"{name}#{start:09d}": Stretch(
                max(0, start - 1 - back), start, min(start + window, end)
            )
            for start in starts
        }
        begin = end
    return result


def _dataset(
    ids: np.ndarray,
    preprocessor: CharacterPreprocessor,
    ends: tuple[int, int, int],
    stretches: Mapping[str, Mapping[str, Stretch]],
    context: LoadContext,
) -> TextDataset:
    examples = {
        split: tuple(_example(name, s, ids, split) for name, s in own.items())
        for split, own in stretches.items()
    }
    places = {name: s for own in stretches.values() for name, s in own.items()}
    symbols = preprocessor.names()
    used = [e for split in SPLITS for e in examples[split]]
    spec = InputSpec((None,), "int32", preprocessor.size)
    parts = {"text": ids[: ends[0]], "validation_text": ids[ends[0] : ends[1]]}
    start = {} if context.preprocess else parts

    def read(example: Example) -> dict[str, str]:
        stretch = places[example.name]
        return {TEXT: "".join(symbols[i] for i in ids[stretch.start : stretch.stop])}

    return TextDataset(
        info=DataInfo(
            {"ids": spec}, (None,), preprocessor.size, (), fingerprint(used), start
        ),
        examples=examples,
        preprocessor=preprocessor,
        names=list(places),
        inputs={"ids": Column([ids[s.start : s.stop - 1] for s in places.values()])},
        answers=Column([ids[s.start + 1 : s.stop] for s in places.values()]),
        read=read,
        batch_size=context.config.batch_size,
        notes=tuple(_notes(ids, ends)),
        lengths=np.array([s.stop - s.start for s in places.values()]),
        text=ids,
        ends=ends,
        stretches=places,
    )


def _example(name: str, stretch: Stretch, ids: np.ndarray, split: str) -> Example:
    content = ids[stretch.scored : stretch.stop].tobytes() + name.encode()
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    return Example(name, split, "", "", digest, digest)


def _notes(ids: np.ndarray, ends: tuple[int, int, int]) -> list[str]:
    train, validation, test = np.diff([0, *ends])
    notes = [f"{train:,} characters to train on, {validation:,} and {test:,} held out"]
    if others := int((ids == OTHER).sum()):
        notes.append(f"{others:,} characters that training lacks count as one other")
    return notes


def _record(name: str, dataset: TextDataset) -> dict[str, object]:
    """Return what the split of a text is made of."""
    return {
        "source": name,
        "fingerprint": dataset.info.fingerprint,
        "ends": list(dataset.ends),
        "trained": [e.content_hash for e in dataset.examples["train"]],
    }
