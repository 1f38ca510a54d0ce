"""The record of a split: made once, then honoured to the letter."""

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from tfapp.base.errors import DamageError, DataError
from tfapp.base.storage.checksums import read_sealed, sealing, write_sealed_json
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.scan import Usable
from tfapp.data.spec import Example
from tfapp.data.split.integrity import fingerprint, leaks
from tfapp.data.split.making import make_split
from tfapp.recipes.config import SplitConfig

VERSION = 1
FIELDS = ("name", "content_hash", "target", "split", "group")
WAY_OUT = "Restore it, or begin a new run, without --resume: it makes a new split."


def split_examples(
    source: Source, usable: Usable, context: LoadContext
) -> tuple[Example, ...]:
    """Return the examples to use, each with its split.

    A recorded split is followed to the letter; without a record one is made, and
    recorded. For a trained model, everything is for the test, or what the source
    itself gives for it.

    Args:
        source: of the examples.
        usable: what can be used of it.
        context: shares, limit of training examples, and where the record is.

    Raises:
        DataError: if the data differs from the record, or cannot be divided.
    """
    if context.labels:
        held = tuple(e for e in usable.examples if e.split == "test")
        return held or tuple(replace(e, split="test") for e in usable.examples)
    path, shares = context.split_file, context.config.split
    if path is not None and path.exists():
        examples = apply_split(path, usable.readable, source)
    else:
        examples = make_split(usable.examples, shares)
        if path is not None:
            write_split(path, examples, source, shares)
    return limit_per_stratum(examples, context.config.limit, context.seed)


def limit_per_stratum(
    examples: Iterable[Example], limit: int, seed: int
) -> tuple[Example, ...]:
    """Keep at most `limit` training examples of every stratum, 0 for all.

    Examples are ranked by a seeded hash of their content, so a smaller limit keeps a
    part of what a larger one keeps.
    """
    examples = tuple(examples)
    if not limit:
        return examples
    ranked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for e in examples:
        if e.split == "train":
            key = hashlib.sha256(f"{seed}:{e.content_hash}".encode()).hexdigest()
            ranked[e.stratum].append((key, e.name))
    kept = {name for ranks in ranked.values() for _, name in sorted(ranks)[:limit]}
    return tuple(e for e in examples if e.split != "train" or e.name in kept)


def write_split(
    path: Path, examples: Sequence[Example], source: Source, shares: SplitConfig
) -> None:
    """Write the split as JSON, one line an example, paths relative to the source."""
    header = {
        "version": VERSION,
        "source": source.name,
        "seed": shares.seed,
        "shares": {"validation": shares.validation, "test": shares.test},
        "fingerprint": fingerprint(examples),
        "labels": list(source.labels),
    }
    text = json.dumps(header, indent=2, ensure_ascii=False)
    with sealing(path) as temporary, _open(temporary) as file:
        file.write(f'{text[:-2]},\n  "examples": [')
        for number, example in enumerate(examples):  # a line each, never all at once
            row = {f: getattr(example, f) for f in FIELDS}
            row["name"] = source.relative_name(example)
            line = json.dumps(row, ensure_ascii=False)
            file.write(f"{',' if number else ''}\n    {line}")
        file.write("\n  ]\n}\n")


def _open(path: Path) -> TextIO:
    """Open a file to write; what is not Unicode is escaped as in JSON."""
    return path.open("w", encoding="utf-8", errors="backslashreplace")


def apply_split(
    path: Path, readable: Sequence[Example], source: Source
) -> tuple[Example, ...]:
    """Return the examples that a split file lists, in its order.

    Args:
        path: of the split file.
        readable: every example of the source that decodes, with content hash.
        source: names the examples relative to its root.

    Raises:
        DataError: if a listed file is gone, unreadable, changed or labelled anew, or
            the split file is damaged.
    """
    by_name = {source.relative_name(e): e for e in readable}
    rows = _rows(path, read_record(path))
    faults = [fault for row in rows if (fault := _fault(row, by_name))]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise _differing(source.name, path, f"{'; '.join(faults[:3])}{more}")
    examples = tuple(
        replace(by_name[row.name], split=row.split, group=row.group) for row in rows
    )
    if leaking := leaks(examples):
        raise DataError(
            f"{path}: the content of {leaking[0]} is in two splits, so it would be "
            "learned and tested. Give all its copies the same split."
        )
    return examples


def _fault(row: Example, by_name: dict[str, Example]) -> str:
    """Return what is wrong with a listed example, "" if nothing is."""
    example = by_name.get(row.name)
    if example is None:
        return f"{row.name} is gone or cannot be read"
    if example.content_hash != row.content_hash:
        return f"{row.name} has changed"
    if example.target != row.target:
        return f"{row.name} was {row.target!r} and is now {example.target!r}"
    return ""


def _row(stored: dict[str, Any]) -> Any:
    """Turn a listed example into a small object as soon as it is read."""
    if "name" not in stored:
        return stored
    name, content_hash, target, split, group = (stored[field] for field in FIELDS)
    target, split, group = map(sys.intern, (target, split, group))
    return Example(name, split, "", group, content_hash, target)


def read_record(path: Path) -> dict[str, Any]:
    """Read a split file; its examples become `Example`.

    Raises:
        DamageError: if it is not as it was written.
        DataError: if it is no split file.
    """
    try:
        return dict(json.loads(read_sealed(path), object_hook=_row))
    except DamageError as error:
        raise DamageError(f"{error} {WAY_OUT}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no split file: {error!r}. {WAY_OUT}") from error


def _rows(path: Path, stored: Mapping[str, Any]) -> list[Example]:
    """Return the examples of a split file.

    Raises:
        DataError: if it is none, or is not as it was written.
    """
    rows = stored.get("examples")
    if not isinstance(rows, list) or not all(isinstance(r, Example) for r in rows):
        raise DataError(f"{path} is no split file: it lists no examples. {WAY_OUT}")
    if stored.get("fingerprint") != fingerprint(rows):
        raise DataError(
            f"{path} is not as it was written: an example, its label or its split was "
            f"changed. {WAY_OUT}"
        )
    return rows


def keep_record(path: Path, made: Mapping[str, Any]) -> None:
    """Write what a split was made of, or compare it with what was written before.

    For data whose split follows from few numbers, such as the times at which it is
    cut: no example is listed.

    Args:
        path: of the split file.
        made: JSON-ready; "source" names the data.

    Raises:
        DataError: if the file holds another split, or the data has changed.
    """
    record = {"version": VERSION, **made}
    if not path.exists():
        write_sealed_json(path, record)
        return
    stored = read_record(path)
    changed = [key for key, value in record.items() if stored.get(key) != value]
    if changed:
        raise _differing(str(made["source"]), path, f"{', '.join(changed)} changed")


def trained_hashes(path: Path) -> frozenset[str]:
    """Return the content hashes of the examples that a recorded split trains on.

    Raises:
        DataError: if the split file is damaged.
    """
    stored = read_record(path)
    listed = (e.content_hash for e in stored.get("examples", ()) if e.split == "train")
    return frozenset([*listed, *stored.get("trained", ())])


def _differing(name: str, path: Path, how: str) -> DataError:
    return DataError(
        f"{name} differs from the split recorded in {path}: {how}. {WAY_OUT}"
    )
