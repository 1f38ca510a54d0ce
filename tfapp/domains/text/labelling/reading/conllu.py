"""CoNLL-U: ten columns a token, comments, multiword tokens and empty nodes."""

import re
from collections.abc import Iterable

from tfapp.base.errors import ConfigError
from tfapp.data.faults import Problem
from tfapp.domains.text.labelling.reading.blocks import Line, blocks_of
from tfapp.domains.text.labelling.reading.spec import Sentence, TaggedFile, left_out

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel")
"""The first columns by name; `deps` and `misc` follow them."""
WIDTH = 10
DEFAULT_COLUMN = "upos"
RANGE = re.compile(r"\d+-\d+")
EMPTY_NODE = re.compile(r"\d+\.\d+")


def parse_conllu(name: str, lines: Iterable[Line], column: str) -> TaggedFile:
    """Return the sentences of a CoNLL-U file.

    The words of a multiword token are its tokens ("don't" is "do", "n't"); its range
    line is passed over, and so are empty nodes, which are no words of the text.

    Args:
        name: of the file, for messages.
        lines: numbered from 1.
        column: of the tags: "upos", "xpos", "feats", "deprel"; "" for "upos".

    Raises:
        ConfigError: for another column.
    """
    place = _place(column or DEFAULT_COLUMN)
    sentences: list[Sentence] = []
    problems: list[Problem] = []
    count = 0
    for block in blocks_of(lines):
        rows = [(n, text) for n, text in block if not text.startswith("#")]
        if not rows:
            continue
        count += 1
        result = _sentence(name, rows, place)
        if isinstance(result, Sentence):
            sentences.append(result)
        else:
            problems.append(result)
    return TaggedFile(name, tuple(sentences), tuple(problems), count)


def _place(column: str) -> int:
    if column in COLUMNS[2:]:
        return COLUMNS.index(column)
    raise ConfigError(
        f"data.options.column: {column!r} is no column of tags in CoNLL-U. Expected "
        f"one of {list(COLUMNS[2:])}."
    )


def _sentence(name: str, rows: list[Line], place: int) -> Sentence | Problem:
    """Return a sentence, or why it cannot be used."""
    first = rows[0][0]
    tokens, tags = [], []
    for number, line in rows:
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) != WIDTH:
            detail = (
                f"{len(cells)} columns at tabs. Expected {WIDTH}, as CoNLL-U has them"
            )
            return left_out(name, number, "columns", detail)
        if RANGE.fullmatch(cells[0]) or EMPTY_NODE.fullmatch(cells[0]):
            continue
        if not cells[0].isdigit():
            detail = f"the id {cells[0]!r} is no number. Expected 1, 2, 3, …"
            return left_out(name, number, "ids", detail)
        if not cells[1].strip() or cells[place] in ("", "_"):
            detail = f"no {COLUMNS[place]} for token {cells[1]!r}"
            return left_out(name, number, "tag missing", detail)
        tokens.append(cells[1].strip())
        tags.append(cells[place])
    if not tokens:
        return left_out(name, first, "empty sentence", "it holds no token")
    return Sentence(tuple(tokens), tuple(tags), "", first)
