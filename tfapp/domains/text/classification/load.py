"""Labelled texts to arrays of words, and what a network may begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.report import refuse_damaged
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.text.classification.check import examine
from tfapp.domains.text.classification.notes import loading_notes
from tfapp.domains.text.classification.solutions.mixed_ngrams import (
    MixedNgrams,
    mix_bayes,
)
from tfapp.domains.text.classification.solutions.ngrams import fit_ngrams
from tfapp.domains.text.preprocessor import TextPreprocessor, read_preprocessor
from tfapp.domains.text.words.tokenizers import tokenized
from tfapp.domains.text.words.vectors import WordVectors, read_vectors
from tfapp.domains.text.words.vocabulary import FIRST_WORD, LARGEST, choose_words
from tfapp.problems.classification.examples import split_classes

LONG = 400
"""Words that are read of every text that has them."""
LONGEST = 2000
"""Words of a text that are read by default, at most."""
WHOLE = 0.98
"""Share of the training texts that are read to their end, if `LONGEST` permits."""
SHORTEST = 5
BATCH = 1024


@dataclass(frozen=True, eq=False, kw_only=True)
class TextDataset(ArrayDataset):
    """Texts as numbers of words.

    Args:
        preprocessor: holds the vocabulary.
        texts: name of an example → its text.
        mixed: words and pairs of words weighted by naive Bayes, and what a network has
            next to it of them; None where the data is for testing alone.
    """

    preprocessor: TextPreprocessor
    texts: Mapping[str, str]
    mixed: MixedNgrams | None = None

    def rows(self, *splits: str) -> tuple[np.ndarray, np.ndarray]:
        """Return numbers of words (texts, length) and classes (texts,) of splits."""
        places = self._rows_of([e for split in splits for e in self.examples[split]])
        words = np.asarray(self.inputs["words"].values)
        return words[places], np.asarray(self.answers.values)[places]


def texts(
    context: LoadContext,
    *,
    text_column: str = "",
    label_column: str = "",
    delimiter: str = "",
    cut: Literal["words", "kim", "spaces"] = "words",
    length: int = 0,
    most_words: int = 40_000,
    least_count: int = 1,
    vectors: str = "",
) -> TextDataset:
    """Texts with one class name each: reviews, messages, questions, documents.

    Args:
        context: recipe, seed, split file.
        text_column: of a table: names the column of the texts; "" to find it.
        label_column: of a table: names the column of the classes; "" to find it.
        delimiter: of a table: between its cells; "" to find it.
        cut: how texts become words: "words" of any script and punctuation marks,
            "kim" for the ASCII words of Kim's clean_str, "spaces" for texts that are
            cut already.
        length: words of a text that are read; 0 for the longest training text, beyond
            400 words for as many as 98 % of the training texts have, at most 2,000.
            What comes behind is not read, and counted in a note.
        most_words: size of the vocabulary; the rest are unknown words.
        least_count: times that a word occurs in the training texts, to be known.
        vectors: file of word vectors (GloVe, word2vec, NumPy), for networks that begin
            with them; "" for none. Its most frequent words become known words too.

    Raises:
        ConfigError: if an option is out of range or names no column.
        DataError: if the texts cannot be used, or differ from the split file.
    """
    del text_column, label_column, delimiter  # the source reads them itself
    _check_options(length, most_words, least_count)
    examined = examine(context)
    refuse_damaged(examined.report, context.config.check.max_bad_share)
    examples = split_classes(examined.texts.source, examined.usable, context, "text")
    contents = examined.texts.source.contents
    by_name = {e.name: contents[e.name].decode() for e in examples}
    if context.preprocess:
        preprocessor = read_preprocessor(context.preprocess)
        found, notes = None, list[str]()
    else:
        trained = [by_name[e.name] for e in examples if e.split == "train"]
        preprocessor, found, notes = _prepared(
            tokenized(cut, trained), cut, length, most_words, least_count, vectors
        )
    notes = [*loading_notes(examined.report, examples), *notes]
    return _dataset(
        context, examined.texts.source, examples, by_name, preprocessor, found, notes
    )


def _prepared(
    trained: Sequence[Sequence[str]],
    cut: str,
    length: int,
    most_words: int,
    least_count: int,
    vectors: str,
) -> tuple[TextPreprocessor, WordVectors | None, list[str]]:
    """Return what the training texts decide: vocabulary, length, and word vectors."""
    words = choose_words(trained, most_words, least_count)
    found, notes = None, []
    if vectors:
        found = read_vectors(vectors, words, most_words - len(words))
        notes.append(found.coverage(words, trained))
        words = choose_words(trained, most_words, least_count, found.words)
    length = length or _usual_length([len(text) for text in trained])
    if count := sum(len(text) > length for text in trained):
        notes.append(
            f"{count:,} of {len(trained):,} training texts are longer than {length} "
            "words: their beginning is read (data.options.length)"
        )
    return TextPreprocessor(words, length, cut), found, notes


def _usual_length(lengths: Sequence[int]) -> int:
    """Return the words to read of a text, since every shorter one is filled up."""
    longest = max(lengths, default=0)
    if longest > LONG:
        whole = int(np.quantile(lengths, WHOLE, method="lower"))
        longest = min(max(whole, LONG), LONGEST)
    return max(longest, SHORTEST)


def _dataset(
    context: LoadContext,
    source: Source,
    examples: tuple[Example, ...],
    by_name: Mapping[str, str],
    preprocessor: TextPreprocessor,
    found: WordVectors | None,
    notes: Sequence[str],
) -> TextDataset:
    labels = context.labels or source.labels
    words = _numbers(preprocessor, [by_name[e.name] for e in examples])
    answers = np.array([labels.index(e.target) for e in examples], np.int64)
    mixed = None
    start: dict[str, Any] = {}
    if not context.preprocess:
        train, validation = (
            (words[chosen], answers[chosen])
            for chosen in (
                np.array([e.split == split for e in examples], bool)
                for split in ("train", "validation")
            )
        )
        linear = fit_ngrams(train, validation, preprocessor.num_values, len(labels))
        mixed = mix_bayes(linear, train, validation, preprocessor.num_values)
        start["ngrams"] = mixed.layer_weights()
    if found is not None:
        start["vectors"] = found.rows(preprocessor.words, FIRST_WORD, context.seed)
    spec = InputSpec((preprocessor.length,), "int32", preprocessor.num_values)
    return TextDataset(
        info=DataInfo(
            {"words": spec}, (), len(labels), labels, fingerprint(examples), start
        ),
        examples={s: tuple(e for e in examples if e.split == s) for s in SPLITS},
        preprocessor=preprocessor,
        names=[e.name for e in examples],
        inputs={"words": Column(words)},
        answers=Column(answers),
        read=lambda example: {"text": by_name[example.name].encode()},
        batch_size=context.config.batch_size,
        one_hot=True,
        notes=tuple(notes),
        texts=by_name,
        mixed=mixed,
    )


def _numbers(preprocessor: TextPreprocessor, texts: Sequence[str]) -> np.ndarray:
    """Return numbers of words, int32 (texts, length), by the graph's own way."""
    parts = [np.zeros((0, preprocessor.length), np.int32)]
    with tf.device("CPU"):
        for start in range(0, len(texts), BATCH):
            part = [text.encode() for text in texts[start : start + BATCH]]
            parts.append(preprocessor({"text": tf.constant(part, tf.string)}).numpy())
    return np.concatenate(parts)


def _check_options(length: int, most_words: int, least_count: int) -> None:
    """Refuse numbers out of range.

    Raises:
        ConfigError: naming the option.
    """
    for name, value, least, most in (
        ("length", length, 0, 20_000),
        ("most_words", most_words, 1, LARGEST),
        ("least_count", least_count, 1, 1_000_000),
    ):
        if not least <= value <= most:
            raise ConfigError(
                f"`data.options.{name}` must be from {least} to {most}. "
                f"Received: {value}"
            )
