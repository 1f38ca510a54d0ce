"""What masks hold for each class, and what the classes are called."""

from collections.abc import Collection, Sequence
from pathlib import Path

from tfapp.base.errors import ConfigError, DataError
from tfapp.data.listing import Source
from tfapp.domains.images.segmentation.data.reading import MOST_VALUES

BACKGROUND = "background"
"""Name of what no object covers."""
TWO_CLASSES = (BACKGROUND, "foreground")
"""Names of 0 and any other value, if masks hold two."""
BORDER = 255
"""What most collections of masks hold where no class is asked for."""
CLASSES_FILE = "classes.txt"
"""Beside the folders of images and masks: a name per line, for 0, 1, 2, …"""


def class_values(
    source: Source,
    present: Sequence[int],
    values: Sequence[int],
    names: Sequence[str],
    trained_names: Sequence[str],
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return what masks hold for each class, and the names of the classes.

    Args:
        source: of the images.
        present: what masks hold, ascending, but for what is ignored.
        values: as the recipe gives them; () = those that occur.
        names: as the recipe gives them; () = those of classes.txt, else background
            and foreground, or the values.
        trained_names: names of a trained model's classes, () to train one.

    Raises:
        ConfigError: if values and names do not fit together.
        DataError: if masks hold one value alone, or one that the model does not know.
    """
    listed = () if names or trained_names else listed_names(source.root)
    names = tuple(names) or listed
    if values:
        chosen = tuple(values)
    elif listed and max(present) < len(listed):
        chosen = tuple(range(len(listed)))  # a class may not occur
    else:
        chosen = _values_of(trained_names, present) if trained_names else tuple(present)
    if list(chosen) != sorted(set(chosen)) or len(chosen) > MOST_VALUES:
        raise ConfigError(
            f"`values` must be ascending, each once, at most {MOST_VALUES}. "
            f"Received: {list(chosen)}"
        )
    if strange := sorted(set(present) - set(chosen)):
        raise DataError(
            f"{source.name}: masks hold the values {strange[:5]}, which are "
            f"none of the classes {list(trained_names)}. Expected the values "
            f"{list(chosen)}."
        )
    if len(chosen) < 2:
        raise DataError(
            f"{source.name}: every mask holds the value {chosen[0]} alone, so "
            "there is nothing to learn. Expected at least two, such as 0 for the "
            "background and 255."
        )
    return chosen, _names(chosen, names, trained_names)


def listed_names(root: Path | None) -> tuple[str, ...]:
    """Return the names in a folder's classes.txt, () if there is none."""
    file = root / CLASSES_FILE if root is not None else None
    if file is None or not file.is_file():
        return ()
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"Cannot read {file} as UTF-8 text: {error}.") from error
    return tuple(line.strip() for line in lines if line.strip())


def _names(
    values: Sequence[int], names: Sequence[str], trained_names: Sequence[str]
) -> tuple[str, ...]:
    if trained_names:
        return tuple(trained_names)
    if names and len(names) != len(values):
        raise ConfigError(
            f"`class_names` (or {CLASSES_FILE}) has {len(names)} names for "
            f"{len(values)} values of the masks, {list(values)}. Expected one each."
        )
    if names:
        return tuple(names)
    plain = len(values) == 2 and values[0] == 0
    return TWO_CLASSES if plain else tuple(map(str, values))


def _values_of(trained_names: Sequence[str], present: Sequence[int]) -> tuple[int, ...]:
    """Return the values that masks of a trained model's classes hold."""
    if all(name.isdigit() for name in trained_names):
        return tuple(map(int, trained_names))
    if len(trained_names) == 2:
        return (0, max([v for v in present if v] or [255]))
    return (
        tuple(present)
        if len(present) == len(trained_names)
        else tuple(range(len(trained_names)))
    )


def border_value(present: Collection[int]) -> int:
    """Return the value of masks that looks like one to ignore, -1 if none does.

    That is 255 next to two or more consecutive numbers from 0, as on the borders of
    PASCAL VOC.
    """
    numbers = sorted(set(present) - {BORDER})
    consecutive = len(numbers) > 1 and numbers == list(range(len(numbers)))
    return BORDER if consecutive and BORDER in present else -1
