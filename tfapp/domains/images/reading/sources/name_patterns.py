"""Classes in the names of files."""

import os
import re
from collections import Counter
from pathlib import Path

from tfapp.base.errors import ConfigError

NUMBERED = re.compile(r"(.*[^\W\d_])([ _.-]*)\d+")
"""A class, what stands behind it, and a number."""


def without_classes(directory: Path, names: list[str]) -> str:
    """Return what to do with a folder of images that are in no class folders.

    Args:
        directory: the folder.
        names: of its images, at least one.
    """
    images = sorted(names)
    stems = [os.path.splitext(name)[0] for name in images]
    matches = [(fit[1], fit[2]) for s in stems if (fit := NUMBERED.fullmatch(s))]
    classes = Counter(name for name, _ in matches)
    example = ""
    if len(matches) == len(stems) > len(classes) > 1:
        shown = ", ".join(sorted(classes)[:3])
        pattern = rf"(.+){matches[0][1]}\d+"
        example = f' (here --label-from "{pattern}" gives {len(classes)}: {shown})'
    return (
        f"{directory} holds {len(images)} images but no class folders, such as "
        f"{images[0]}. Expected one folder per class, e.g. cats/ and dogs/; or, if "
        "the names hold the classes, --label-from PATTERN (in recipes "
        f"data.options.label_from){example}; or a CSV file next to the images with "
        "the columns path,label: `tfapp fit labels.csv`."
    )


def label_pattern(text: str) -> re.Pattern[str] | None:
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
