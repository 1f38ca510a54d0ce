"""Class folders, with or without split folders above them."""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.problems.classification.examples import (
    labelled,
    one_spelling,
    require_classes,
    require_training_classes,
)

Listed = tuple[list[Path], Counter[str]]
"""Examples of one class folder, and files passed over: "hidden", "foreign"."""


@dataclass(frozen=True)
class Form:
    """What the examples of a kind of data are in a class folder.

    Args:
        noun: what they are called, in the plural.
        expected: the layout in words, for messages.
        listed: class folder → its examples.
    """

    noun: str
    expected: str
    listed: Callable[[Path], Listed]


def is_hidden(name: str) -> bool:
    """Return whether no one put a file there on purpose, such as .DS_Store."""
    return name.startswith(".") or name.lower() in ("thumbs.db", "__macosx")


def subfolders(folder: Path) -> list[Path]:
    """Return the visible folders in a folder, by name."""
    return sorted(p for p in folder.iterdir() if p.is_dir() and not is_hidden(p.name))


def first_file(folder: Path, suffixes: Collection[str]) -> Path | None:
    """Return the first file of some suffixes in the folders in a folder, None without.

    Where files are of one kind, it is found at once, however many there are.
    """
    if not folder.is_dir():
        return None
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not is_hidden(f))
        if place != str(folder):
            for name in names:
                if name.lower().endswith(tuple(suffixes)) and not is_hidden(name):
                    return Path(place, name)
    return None


def files_of(suffixes: Collection[str]) -> Callable[[Path], Listed]:
    """Return what lists the files of some suffixes below a class folder."""

    def listed(folder: Path) -> Listed:
        found, skipped = [], Counter[str]()
        for place, folders, names in os.walk(folder):
            skipped["hidden"] += sum(map(is_hidden, [*folders, *names]))
            folders[:] = sorted(f for f in folders if not is_hidden(f))
            visible = sorted(n for n in names if not is_hidden(n))
            fitting = [n for n in visible if n.lower().endswith(tuple(suffixes))]
            skipped["foreign"] += len(visible) - len(fitting)
            found += [Path(place, name) for name in fitting]
        return found, skipped

    return listed


def class_folders(root: Path, form: Form, context: LoadContext) -> Source:
    """Return the examples of class folders: cup/…, or train/cup/…, test/cup/….

    Args:
        root: the folder of them.
        form: what the examples are.
        context: a trained model may be tested on a single class.

    Raises:
        DataError: if there are no two classes.
    """
    root = root.absolute()
    if not root.is_dir():
        raise DataError(f"{root} is no folder. Expected {form.expected}.")
    examples: list[Example] = []
    problems: list[Problem] = []
    skipped: Counter[str] = Counter()
    for split, folder in _classes(root, form):
        paths, passed_over = form.listed(folder)
        skipped += passed_over
        examples += [labelled(str(path), folder.name, split) for path in paths]
        if not paths:
            detail = f"the folder holds no {form.noun} and makes no class."
            problems.append(Problem(str(folder), "empty class folder", "note", detail))
    spelled = one_spelling(examples, context.labels)
    labels = tuple(sorted({e.target for e in spelled}))
    if not labels:
        raise DataError(f"{root} holds no {form.noun}. Expected {form.expected}.")
    require_classes(str(root), labels, f"{len(spelled)} {form.noun}", context)
    require_training_classes(str(root), spelled)
    return Source(
        str(root), root, spelled, labels, problems=tuple(problems), skipped=skipped
    )


def _classes(root: Path, form: Form) -> Iterator[tuple[str, Path]]:
    """Yield (split, class folder); the split is "" where the source gives none.

    Raises:
        DataError: if folders of splits stand among others, or two are of one split.
    """
    folders = subfolders(root)
    splits = [f for f in folders if f.name.lower() in SPLIT_FOLDERS]
    if len(splits) < 2:  # a class may be called "train" among cars and buses
        yield from (("", folder) for folder in folders)
        return
    names = [SPLIT_FOLDERS[f.name.lower()] for f in splits]
    if len(splits) < len(folders) or len(set(names)) < len(names):
        raise DataError(
            f"{root} has the folders {[f.name for f in folders]}. Expected "
            f"{form.expected}; folders of splits, each once, or of classes, not both."
        )
    for split, folder in zip(names, splits, strict=True):
        yield from ((split, of_class) for of_class in subfolders(folder))
