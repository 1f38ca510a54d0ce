"""ATIS lines: a sentence a line, its tags behind a tab, its intent as the last one."""

from collections.abc import Iterable

from tfapp.data.faults import Problem
from tfapp.domains.text.labelling.reading.blocks import Line
from tfapp.domains.text.labelling.reading.spec import Sentence, TaggedFile, left_out

BEGIN, END = "BOS", "EOS"


def is_iob_line(line: str) -> bool:
    """Return whether a line is `BOS words EOS`, a tab, and tags."""
    return line.startswith(f"{BEGIN} ") and f" {END}" in line.partition("\t")[0]


def parse_iob_lines(name: str, lines: Iterable[Line], column: str) -> TaggedFile:
    """Return the sentences of a file like those of ATIS.

    `BOS words EOS`, a tab, then a tag for each of BOS and the words, and at the place
    of EOS the intent of the sentence.

    Args:
        name: of the file, for messages.
        lines: numbered from 1.
        column: not used.
    """
    sentences: list[Sentence] = []
    problems: list[Problem] = []
    count = 0
    for number, line in lines:
        if not line.strip():
            continue
        count += 1
        left, _, right = line.partition("\t")
        words, tags = left.split(), right.split()
        if len(words) != len(tags) or (words[:1], words[-1:]) != ([BEGIN], [END]):
            detail = (
                f"{len(words)} words with {BEGIN} and {END}, {len(tags)} tags with the "
                "intent. Expected as many"
            )
            problems.append(left_out(name, number, "columns", detail))
        elif len(words) < 3:
            detail = "it holds no token"
            problems.append(left_out(name, number, "empty sentence", detail))
        else:
            sentences.append(
                Sentence(tuple(words[1:-1]), tuple(tags[1:-1]), tags[-1], number)
            )
    return TaggedFile(name, tuple(sentences), tuple(problems), count)
