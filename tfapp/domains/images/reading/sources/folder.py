"""Class folders, with or without split folders above them."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tfapp.base.errors import ConfigError, DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES, OTHER_SUFFIXES
from tfapp.domains.images.reading.sources.mask_folders import refuse_masks
from tfapp.problems.classification.examples import (
    labelled,
    one_spelling,
    require_classes,
    require_training_classes,
)

SUFFIXES = frozenset(IMAGE_SUFFIXES + OTHER_SUFFIXES)
SYSTEM_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass
class Listing:
    """What walking through the class folders brings together."""

    examples: list[Example] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def folder(place: str, context: LoadContext) -> Source:
    """Class folders: cats/*.jpg, or train/cats/*.jpg, val/…, test/….

    With the option `label_from` of the data, names of files hold the classes.

    Raises:
        ConfigError: if `label_from` is no pattern with one group.
        DataError: if the folder is empty, has no class folders, or one class only.
    """
    root = Path(place).absolute()
    listing = Listing()
    pattern = _label_pattern(str(context.config.options.get("label_from") or ""))
    for split, directory in _split_folders(root, listing):
        if pattern is None:
            _list_split(split, directory, listing)
        else:
            _list_by_name(split, directory, pattern, listing)
    examples = one_spelling(listing.examples, context.labels)
    class_names = tuple(sorted({e.target for e in examples}))
    if not class_names and pattern is not None and listing.problems:
        raise DataError(
            f"{root}: no file name fits `data.options.label_from` = "
            f"{pattern.pattern!r}, such as {Path(listing.problems[0].path).name!r}. "
            "Expected a pattern of whole names without their extension, such as "
            r"(.+)_\d+ for cat_01.jpg."
        )
    if not class_names:
        raise DataError(f"{root} holds no images. Expected {_expected()}.")
    require_classes(str(root), class_names, _single_class_hint(listing), context)
    refuse_masks(str(root), examples)
    require_training_classes(str(root), examples)
    return Source(
        name=str(root),
        root=root,
        examples=examples,
        labels=class_names,
        problems=tuple(listing.problems),
        skipped=dict(listing.skipped),
    )


def is_hidden(name: str) -> bool:
    """Tell names that no one put there on purpose, such as .DS_Store."""
    return name.startswith(".") or name.lower() in SYSTEM_NAMES


def _split_folders(root: Path, listing: Listing) -> list[tuple[str, Path]]:
    """Return (split, folder) pairs; ("", root) when the source is not split."""
    folders = subfolders(root)
    splits = _by_split(root, folders)
    others = [f for f in folders if f.name.lower() not in SPLIT_FOLDERS]
    if not splits or (set(splits) <= {"train"} and others):
        return [("", root)]  # a class may be called "train" among cars and buses
    if "train" not in splits:
        if others:
            return [("", root)]
        raise DataError(
            f"{root} has {sorted(f.name for f in folders)} but no train folder. "
            f"Expected {_expected()}."
        )
    for other in others:
        detail = "stands beside the split folders; nothing in it is used."
        listing.problems.append(
            Problem(str(other), "foreign folder", "left out", detail)
        )
    return sorted(splits.items())


def _by_split(root: Path, folders: list[Path]) -> dict[str, Path]:
    """Map splits to their folders."""
    splits: dict[str, Path] = {}
    for directory in folders:
        split = SPLIT_FOLDERS.get(directory.name.lower())
        if split in splits:
            raise DataError(
                f"{root} has two {split} folders, {splits[split].name!r} and "
                f"{directory.name!r}. Expected one; merge or rename them."
            )
        if split is not None:
            splits[split] = directory
    return splits


def _list_split(split: str, directory: Path, listing: Listing) -> None:
    """List the class folders of one split."""
    before = len(listing.examples)
    for class_folder in subfolders(directory):
        _list_class(split, class_folder, listing)
    files = [f for f in directory.iterdir() if f.is_file()]
    listing.skipped["hidden"] += sum(is_hidden(f.name) for f in directory.iterdir())
    loose = sum(_is_image(f.name) for f in files)
    if loose and len(listing.examples) == before:
        raise DataError(
            f"{directory} holds {loose} images but no class folders. Expected "
            "one folder per class, e.g. cats/ and dogs/."
        )
    if loose:
        detail = f"{loose} images lie outside the class folders and have no label."
        listing.problems.append(Problem(str(directory), "no class", "left out", detail))


def _label_pattern(text: str) -> re.Pattern[str] | None:
    """Return the pattern whose group is the class in a file's name, None for none.

    Raises:
        ConfigError: if it is no pattern, or has not one group.
    """
    if not text:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ConfigError(
            f"`data.options.label_from` = {text!r} is no pattern: {error}. Expected a "
            r"regular expression such as (.+)_\d+ for cat_01.jpg."
        ) from error
    if pattern.groups != 1:
        raise ConfigError(
            f"`data.options.label_from` = {text!r} has {pattern.groups} groups. "
            r"Expected one, which is the class: (.+)_\d+ for cat_01.jpg."
        )
    return pattern


def _list_by_name(
    split: str, directory: Path, pattern: re.Pattern[str], listing: Listing
) -> None:
    """List all images below a folder; the name of each holds its class."""
    for place, names in _files_below(directory, listing):
        images = [name for name in names if _is_image(name)]
        listing.skipped["foreign"] += len(names) - len(images)
        for name in images:
            path = os.path.join(place, name)
            fits = pattern.fullmatch(os.path.splitext(name)[0])
            if fits and fits[1]:
                listing.examples.append(labelled(path, fits[1], split))
                continue
            detail = f"its name does not fit `label_from` = {pattern.pattern!r}."
            listing.problems.append(Problem(path, "no class", "left out", detail))


def _list_class(split: str, class_folder: Path, listing: Listing) -> None:
    """List all images below one class folder."""
    before, nested = len(listing.examples), 0
    for place, names in _files_below(class_folder, listing):
        images = [name for name in names if _is_image(name)]
        listing.skipped["foreign"] += len(names) - len(images)
        nested += len(images) if place != str(class_folder) else 0
        listing.examples += (
            labelled(os.path.join(place, name), class_folder.name, split)
            for name in images
        )
    if len(listing.examples) == before:
        detail = "the class folder holds no images and makes no class."
        listing.problems.append(
            Problem(str(class_folder), "empty class folder", "note", detail)
        )
    if nested:
        detail = f"{nested} images lie in subfolders and count to the class."
        listing.problems.append(
            Problem(str(class_folder), "nested folders", "note", detail)
        )


def _files_below(directory: Path, listing: Listing) -> Iterator[tuple[str, list[str]]]:
    """Yield folders and their visible files, following links but never in circles.

    The order is fixed. Names, not paths: a million `Path` objects take 400 MB.
    """
    seen = set()
    for place, folders, names in os.walk(directory, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        listing.skipped["hidden"] += sum(map(is_hidden, [*folders, *names]))
        folders[:] = sorted(f for f in folders if not is_hidden(f))
        yield place, sorted(n for n in names if not is_hidden(n))


def _single_class_hint(listing: Listing) -> str:
    """Count the images; an archive unpacked one level too deep shows here."""
    nested = [p.path for p in listing.problems if p.kind == "nested folders"]
    hint = f"; perhaps {nested[0]} was meant" if nested else ""
    return f"{len(listing.examples)} images{hint}"


def subfolders(directory: Path) -> list[Path]:
    """Return the visible folders in a folder, by name."""
    return sorted(
        f for f in directory.iterdir() if f.is_dir() and not is_hidden(f.name)
    )


def _is_image(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in SUFFIXES and not is_hidden(name)


def _expected() -> str:
    return "one folder of images per class, e.g. cats/ and dogs/, or train/ and test/"
