"""Sentences as examples of a split that leaks nothing it can help."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tfapp.data.listing import Source
from tfapp.data.scan.usable import Usable
from tfapp.data.spec import Example
from tfapp.domains.text.labelling.reading.files import TaggedSet, cut
from tfapp.domains.text.labelling.reading.spec import Sentence


@dataclass(frozen=True)
class NamedSentences:
    """Sentences by the names of their examples.

    Args:
        source: lists the examples.
        sentences: name → sentence.
        pieces: number of sentences that were cut because they are too long.
    """

    source: Source
    sentences: dict[str, Sentence]
    pieces: int

    @property
    def usable(self) -> Usable:
        """Every example: what cannot be read has no sentence."""
        return Usable(self.source.examples, self.source.examples, (), ())


def name_sentences(tagged: TaggedSet, most: int) -> NamedSentences:
    """Return the sentences of files as examples, each with what makes it a copy.

    Sentences of equal tokens share a content hash, so a split that is made here keeps
    them together. Where the files give the splits, such as those of a treebank, they
    stay as they are: the later of two copies gets a hash of its own, and knows the
    training sentence that it is a copy of.

    Args:
        tagged: of the files.
        most: tokens of a sentence; longer ones are cut into several examples.
    """
    examples: list[Example] = []
    sentences: dict[str, Sentence] = {}
    pieces = 0
    for split, file, sentence in tagged.sentences:
        for number, part in enumerate(cut(sentence, most)):
            name = f"{file}:{sentence.line}" + (f"+{number}" if number else "")
            pieces += number == 1
            sentences[name] = part
            examples.append(
                Example(name, split, "", "", _hash(part.tokens), _hash(_answer(part)))
            )
    listed = tuple(_apart(examples))
    source = Source(tagged.name, None, listed, ())
    return NamedSentences(source, sentences, pieces)


def _apart(examples: Sequence[Example]) -> Iterator[Example]:
    """Yield the examples, copies of an earlier given split with a hash of their own."""
    first: dict[str, Example] = {}
    ordered = sorted(examples, key=lambda e: e.split != "train")
    for example in ordered:
        first.setdefault(example.content_hash, example)
    for example in examples:
        original = first[example.content_hash]
        if example.split == original.split:
            yield example
            continue
        own = _hash((example.content_hash, example.split))
        near = (original.name,) if original.split == "train" else ()
        yield replace(example, content_hash=own, near=near)


def _answer(sentence: Sentence) -> tuple[str, ...]:
    return (*sentence.tags, sentence.intent)


def _hash(parts: tuple[str, ...]) -> str:
    text = "\t".join(parts).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=8).hexdigest()
