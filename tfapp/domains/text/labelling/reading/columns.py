"""Columns: a token and its tag a line, empty lines between sentences."""

from collections.abc import Iterable

from tfapp.base.errors import ConfigError
from tfapp.data.faults import Problem
from tfapp.domains.text.labelling.reading.blocks import Line, blocks_of
from tfapp.domains.text.labelling.reading.spec import Sentence, TaggedFile, left_out

DOCUMENT = "-DOCSTART-"


def parse_columns(name: str, lines: Iterable[Line], column: str) -> TaggedFile:
    """Return the sentences of a file of columns, such as those of CoNLL-2003.

    A line with a tab is divided at tabs, so that tokens may hold spaces; another one at
    spaces. The first column is the token.

    Args:
        name: of the file, for messages.
        lines: numbered from 1.
        column: number of the tags' column, "1" for the one behind the token; "" for
            the last.

    Raises:
        ConfigError: if `column` is no number.
    """
    if column and not (column.isdigit() and int(column)):
        raise ConfigError(
            f"data.options.column: {column!r}. Expected the number of the tags' column "
            f"in {name}, 1 for the one behind the token, or '' for the last one."
        )
    sentences: list[Sentence] = []
    problems: list[Problem] = []
    count, kinds = 0, {True: 0, False: 0}
    for block in blocks_of(lines):
        rows = [(n, text) for n, text in block if not text.startswith((DOCUMENT, "# "))]
        if not rows:
            continue
        count += 1
        kinds["\t" in rows[0][1]] += 1
        result = _sentence(name, rows, int(column or -1))
        if isinstance(result, Sentence):
            sentences.append(result)
        else:
            problems.append(result)
    if all(kinds.values()):
        detail = (
            f"{kinds[True]} sentences have tabs between the columns and {kinds[False]} "
            "spaces; each line is divided at its own"
        )
        problems.append(Problem(name, "mixed separators", "used with care", detail))
    return TaggedFile(name, tuple(sentences), tuple(problems), count)


def _sentence(name: str, rows: list[Line], place: int) -> Sentence | Problem:
    """Return a sentence, or why it cannot be used."""
    tokens, tags = [], []
    for number, line in rows:
        cells = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
        cells = [cell.strip() for cell in cells]
        if len(cells) < 2 or len(cells) <= place:
            detail = f"{line.strip()!r} has no tag. Expected a token and its tag"
            return left_out(name, number, "tag missing", detail)
        if not cells[0] or not cells[place]:
            detail = f"an empty token or tag in {line.strip()!r}"
            return left_out(name, number, "tag missing", detail)
        tokens.append(cells[0])
        tags.append(cells[place])
    return Sentence(tuple(tokens), tuple(tags), "", rows[0][0])
