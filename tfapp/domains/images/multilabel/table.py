"""Tables of images with tags: in one cell, or in a column for each tag."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tfapp.base.errors import ConfigError, DataError
from tfapp.base.names import composed, folded, spelled_alike
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.domains.images.reading.sources.answer_columns import (
    FLAGS,
    SEPARATORS,
    find_separator,
)
from tfapp.domains.images.reading.sources.table_rows import Row, names_as_written
from tfapp.domains.images.vectors.table import Rows, read_table, source_of
from tfapp.problems.multilabel.tags import (
    SEPARATOR,
    joined,
    require_trained_tags,
)


@dataclass(frozen=True)
class TagsTable:
    """A table of images with tags.

    Args:
        source: its images; the target of each holds its tags.
        names: of all tags, in the order in which a model answers them.
        separator: between the tags of a cell; "" for a column for each tag.
    """

    source: Source
    names: tuple[str, ...]
    separator: str = ""


def tags_table(context: LoadContext) -> TagsTable:
    """List the images of a table with their tags.

    Raises:
        ConfigError: for a separator that separates nothing.
        DataError: naming line and column of a cell that cannot be read, or tags that
            the training images or a trained model do not have.
    """
    table, columns, rows = read_table(context)
    if _are_flags(columns, rows):
        delimiter = str(context.config.options.get("delimiter") or "")
        written = names_as_written(table, delimiter)
        given = [_flagged(table, row, columns, written) for row, _ in rows]
        separator = ""
    else:
        cells = [row[columns[0]] for (_, row), _ in rows]
        separator = _separator(context, cells)
        given = [_divided(cell, separator) for cell in cells]
    names = {tag for tags in given for tag in tags}
    if not separator and len(columns) > 1:
        names |= {written[column] for column in columns}
    for name in sorted(names):
        _require_plain(table, name, separator)
    known = context.labels
    meant = spelled_alike(names, known) if known else _one_spelling(given, names)
    names = {meant.get(name, name) for name in names}
    if known and (unknown := sorted(names - set(known))):
        raise DataError(
            f"{table} has the tags {unknown}, which the model does not know. Expected "
            f"some of {list(known)}; rename or remove them."
        )
    targets = (joined(meant.get(tag, tag) for tag in tags) for tags in given)
    examples = [replace(e, target=t) for (_, e), t in zip(rows, targets, strict=True)]
    if not known:
        require_trained_tags(str(table), examples)
    source = source_of(table, examples)
    notes = tuple(f"tag {a!r} is taken for {b!r}" for a, b in sorted(meant.items()))
    return TagsTable(
        replace(source, notes=notes), known or tuple(sorted(names)), separator
    )


def _are_flags(columns: Sequence[str], rows: Rows) -> bool:
    """Say whether columns stand for a tag each; one does if it holds 0 and 1."""
    if len(columns) > 1:
        return True
    cells = {row[columns[0]].strip().lower() for (_, row), _ in rows} - {""}
    return bool(cells) and cells <= FLAGS.keys()


def _flagged(
    table: Path, row: Row, columns: Sequence[str], written: Mapping[str, str]
) -> list[str]:
    """Return the tags whose columns say yes.

    Raises:
        DataError: for a cell that says neither yes nor no.
    """
    line, cells = row
    for column in columns:
        if cells[column].strip().lower() not in FLAGS:
            raise DataError(
                f"{table}, line {line}: `{column}` is {cells[column].strip()!r}. "
                "Expected 1, true or yes where the image has the tag, else 0, false, "
                "no or nothing; correct it, or name the columns of the tags "
                "(`--label ant,field`)."
            )
    return [written[c] for c in columns if FLAGS[cells[c].strip().lower()]]


def _divided(cell: str, separator: str) -> list[str]:
    return [composed(tag) for tag in map(str.strip, cell.split(separator)) if tag]


def _separator(context: LoadContext, cells: Sequence[str]) -> str:
    """Return what stands between the tags of cells.

    It is the option, or what `find_separator` finds, or what divides the cells into
    tags that a trained model knows.

    Raises:
        ConfigError: for a separator that is blank.
    """
    chosen = str(context.config.options.get("separator") or "")
    if chosen and not chosen.strip():
        raise ConfigError(
            f"`data.options.separator` is blank: {chosen!r}. Expected what stands "
            "between the tags of a cell, such as ; or |"
        )
    if chosen or (chosen := find_separator([cell.strip() for cell in cells])):
        return chosen.strip()
    known = set(map(folded, context.labels))
    for separator in SEPARATORS:
        tags = {folded(tag) for cell in cells for tag in _divided(cell, separator)}
        if tags <= known:
            return separator
    return next((s for s in SEPARATORS if any(s in c for c in cells)), SEPARATORS[0])


def _require_plain(table: Path, name: str, separator: str) -> None:
    """Refuse a tag of several lines, and one that others could not be told from.

    Raises:
        DataError: naming the tag.
    """
    if len(name.splitlines()) != 1 or SEPARATOR in name:
        way = f"; or is {SEPARATOR!r} the separator (`--separator`)?"
        raise DataError(
            f"{table}: the tag {name!r} is not one line of text without {SEPARATOR!r}. "
            f"Rename it{way if separator and SEPARATOR in name else '.'}"
        )


def _one_spelling(given: Iterable[Sequence[str]], names: set[str]) -> Mapping[str, str]:
    """Return the most frequent spelling of tags that differ in case alone."""
    counts = Counter(tag for tags in given for tag in tags)
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[folded(name)].append(name)
    groups = [sorted(g, key=lambda n: (-counts[n], n)) for g in alike.values()]
    return {other: first for first, *others in groups for other in others}
