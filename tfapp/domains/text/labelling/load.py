"""Files of tagged sentences to ids that a network learns from."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.place import expand_path
from tfapp.data.spec import SPLITS, Example
from tfapp.data.split import near_training, split_examples
from tfapp.domains.text.labelling.check import MAX_LENGTH, report
from tfapp.domains.text.labelling.dataset import (
    SentenceDataset,
    learn_labels,
    learn_vocabulary,
    sentence_dataset,
    tags_of,
)
from tfapp.domains.text.labelling.examples import NamedSentences, name_sentences
from tfapp.domains.text.labelling.reading.files import TaggedSet, read_set
from tfapp.domains.text.labelling.reading.spec import Sentence
from tfapp.domains.text.labelling.tokens.preprocessor import (
    SentencePreprocessor,
    read_preprocessor,
)
from tfapp.domains.text.lengths import Length
from tfapp.domains.text.words.vectors import WordVectors, read_vectors
from tfapp.report.wording import count

FURTHER_VECTORS = 100_000
"""Words that training does not have, and whose vectors are read: users will."""
FIRST_ID = 2


def tagged_sentences(
    context: LoadContext,
    *,
    column: str = "",
    max_length: Length = MAX_LENGTH,
    vectors: str = "",
) -> SentenceDataset:
    """Sentences with a tag for every token: CoNLL-U, columns, ATIS lines.

    Args:
        context: recipe, seed, split file, cache folder.
        column: of the tags; "" for "upos" in CoNLL-U and for the last one elsewhere.
        max_length: tokens of a sentence; longer ones are cut.
        vectors: a file of word vectors, such as GloVe's, for a network to read next to
            what it learns; "" for none.

    Raises:
        ConfigError: if a file has no such column.
        DataError: if nothing can be used, or a split has no sentence to learn from.
    """
    tagged = read_set(Path(expand_path(context.config.path)), column)
    _refuse_damaged(tagged, context.config.check.max_bad_share)
    named = name_sentences(tagged, max_length)
    examples = split_examples(named.source, named.usable, context)
    trained = [named.sentences[e.name] for e in examples if e.split == "train"]
    start: dict[str, Any] = {}
    if context.preprocess:
        preprocessor = read_preprocessor(context.preprocess)
        labels = context.labels
    else:
        known = _read_vectors(vectors, trained) if vectors else None
        words = known.words if known else ()
        preprocessor = SentencePreprocessor(learn_vocabulary(trained, words))
        start = {"vectors": known.rows(known.words, FIRST_ID)} if known else {}
        labels = learn_labels(trained)
        _require_tags(tagged, labels)
    notes = tuple(_notes(tagged, named, examples, labels, max_length))
    size = context.config.batch_size
    return sentence_dataset(
        examples, named.sentences, preprocessor, labels, size, notes, start
    )


def _read_vectors(place: str, trained: Sequence[Sentence]) -> WordVectors:
    """Return vectors of training words, and of the most frequent others."""
    words = {token.lower() for sentence in trained for token in sentence.tokens}
    return read_vectors(place, words, FURTHER_VECTORS)


def _require_tags(tagged: TaggedSet, labels: Sequence[str]) -> None:
    if len(tags_of(labels)) < 2:
        raise DataError(
            f"{tagged.name}: the training sentences have the tags "
            f"{list(tags_of(labels))} alone. Expected two or more different ones."
        )


def _refuse_damaged(tagged: TaggedSet, most: float) -> None:
    """Refuse files of which too many sentences cannot be used.

    Raises:
        DataError: with the first finding.
    """
    faults = [p for p in tagged.problems if p.severity == "left out"]
    if faults and len(faults) > most * tagged.blocks:
        raise DataError(
            f"{tagged.name}: {len(faults)} of {tagged.blocks} sentences cannot be "
            f"used, more than data.check.max_bad_share = {most:g} allows. The first: "
            f"{faults[0].path}: {faults[0].detail}."
        )


def _notes(
    tagged: TaggedSet,
    named: NamedSentences,
    examples: Sequence[Example],
    labels: Sequence[str],
    max_length: int,
) -> Iterator[str]:
    """Yield the lines to show the user before training begins."""
    if line := report(tagged, max_length).summary():
        yield line
    if named.pieces:
        yield f"{count(named.pieces, 'sentences')} too long, cut into several"
    if near := near_training(examples):
        tested = sum(e.split == "test" for e in examples)
        yield f"{len(near)} of {tested} test sentences occur in training word for word"
    unknown = Counter(
        tag
        for e in examples
        if e.split != "train"
        for tag in _unknown(named.sentences[e.name], frozenset(labels))
    )
    if unknown:
        shown = ", ".join(f"{tag} ({n})" for tag, n in unknown.most_common(5))
        yield f"tags that training does not have, always counted as wrong: {shown}"
    splits = {e.split for e in examples}
    if "train" in splits:
        yield from (f"no {split} sentences" for split in SPLITS if split not in splits)


def _unknown(sentence: Sentence, labels: frozenset[str]) -> Iterator[str]:
    return (tag for tag in sentence.tags if tag not in labels)
