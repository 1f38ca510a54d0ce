"""Folders of recordings: one for each class, or classes in the names of files."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.audio.reading.spec import Listing, Recording, is_recording

LABEL_SPEAKER_NUMBER = re.compile(r"([^_]+)_(.+)_(\d+)")
"""Names such as 7_jackson_32.wav of the Free Spoken Digit Dataset."""
SPEAKER_NUMBER = re.compile(r"(.+?)(?:_nohash)?[_-](\d+)")
"""Names such as 0a7c2a8d_nohash_0.wav of Speech Commands."""
MOST_LOOKED_AT = 10_000
"""Names at which recognising a folder looks."""


def holds_recordings(folder: Path) -> bool:
    """Return whether most of the first files of a folder are recordings."""
    names = []
    for _, _, files in os.walk(folder):
        names += [name for name in files if not name.startswith(".")]
        if len(names) >= MOST_LOOKED_AT:
            break
    return 2 * sum(map(is_recording, names)) > len(names)


def read_folder(folder: Path) -> Listing:
    """Return the recordings of a folder and of the folders in it.

    The class of a recording is the name of its folder; where all lie in one, the name
    of the file begins with it: CLASS_SPEAKER_NUMBER. Folders called train, test and the
    like are splits.

    Raises:
        DataError: if nothing names two classes.
    """
    paths, skipped = _files(folder)
    recordings = [_in_folder(folder, path) for path in paths]
    how = "the names of folders"
    if len({r.answer for r in recordings}) < 2:
        named = [LABEL_SPEAKER_NUMBER.fullmatch(path.stem) for path in paths]
        if not all(named) or len({m[1] for m in named if m}) < 2:
            raise DataError(
                f"{folder} holds {len(paths)} recordings and nothing names their "
                "classes. Expected a folder for each class, names such as "
                "CLASS_SPEAKER_1.wav, or a table transcripts.csv with the columns path "
                "and text."
            )
        recordings = [
            replace(r, answer=m[1], speaker=m[2])
            for r, m in zip(recordings, named, strict=True)
            if m
        ]
        how = "the names of files"
    else:
        recordings = _with_speakers(recordings)
    return Listing(folder, tuple(recordings), False, how, skipped)


def _files(folder: Path) -> tuple[list[Path], dict[str, int]]:
    """Return the recordings below a folder, and how many files are none, by reason."""
    paths, skipped = list[Path](), {"hidden": 0, "foreign": 0}
    for place, folders, names in os.walk(folder):
        hidden = [name for name in (*folders, *names) if name.startswith(".")]
        skipped["hidden"] += len(hidden)
        folders[:] = sorted(set(folders) - set(hidden))
        for name in sorted(set(names) - set(hidden)):
            if is_recording(name):
                paths.append(Path(place, name))
            else:
                skipped["foreign"] += 1
    return sorted(paths), skipped


def _in_folder(root: Path, path: Path) -> Recording:
    """Return a recording whose folder names its class."""
    parts = path.relative_to(root).parts[:-1]
    split = SPLIT_FOLDERS.get(parts[0].lower(), "") if len(parts) > 1 else ""
    return Recording(path, parts[-1] if parts else "", split=split)


def _with_speakers(recordings: list[Recording]) -> list[Recording]:
    """Return recordings with the speakers that their names tell, if they do.

    The first part of a name is a speaker if there are several, each of whom speaks in
    two classes or more.
    """
    matches = [SPEAKER_NUMBER.fullmatch(r.path.stem) for r in recordings]
    if not all(matches):
        return recordings
    pairs = [(m[1], r) for m, r in zip(matches, recordings, strict=True) if m]
    if not _are_speakers((name, r.answer) for name, r in pairs):
        return recordings
    return [replace(r, speaker=name) for name, r in pairs]


def _are_speakers(pairs: Iterable[tuple[str, str]]) -> bool:
    classes: dict[str, set[str]] = defaultdict(set)
    for name, answer in pairs:
        classes[name].add(answer)
    return len(classes) > 2 and all(len(answers) > 1 for answers in classes.values())
