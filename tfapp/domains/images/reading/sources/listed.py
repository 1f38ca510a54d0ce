"""Photos in the folders of Caltech-UCSD Birds (CUB) and NABirds.

images/ holds the photos; four files have a line for each photo or class, whose first
word is its identifier: images.txt (path), image_class_labels.txt (class),
train_test_split.txt (1 for training, 0 for the test), classes.txt (name).

References:
    Wah, Branson, Welinder, Perona & Belongie, The Caltech-UCSD Birds-200-2011 Dataset
    Van Horn et al., Building a bird recognition app and large scale dataset with
    citizen scientists, CVPR 2015 (NABirds)
"""

from collections import Counter
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.base.text_files import decoded
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.problems.classification.examples import (
    labelled,
    one_spelling,
    require_classes,
)

IMAGES, LABELS = "images.txt", "image_class_labels.txt"
CLASSES, SPLIT = "classes.txt", "train_test_split.txt"
SPLITS = {"1": "train", "0": "test"}


def is_listed(folder: Path) -> bool:
    """Say whether a folder has the lists of CUB and NABirds."""
    return all((folder / name).is_file() for name in (IMAGES, LABELS, CLASSES))


def listed(place: str, context: LoadContext) -> Source:
    """Lists of photos, their classes and their split, next to a folder images/.

    A class has its name; where several in use share one, as male and female birds may,
    the identifier follows it.

    Raises:
        DataError: for a line that is not what it should be, a photo that is missing in
            a list, and a class without a name.
    """
    root = Path(place).absolute()
    paths, labels = _pairs(root / IMAGES), _pairs(root / LABELS)
    splits = _pairs(root / SPLIT) if (root / SPLIT).is_file() else {}
    names = _names(_pairs(root / CLASSES), set(labels.values()), root / CLASSES)
    examples = []
    for photo, path in paths.items():
        if photo not in labels:
            raise DataError(
                f"{root / LABELS} has no line for photo {photo!r} of {IMAGES}. Add it, "
                "or remove the photo."
            )
        split = splits.get(photo, "")
        if splits and split not in SPLITS:
            raise DataError(
                f"{root / SPLIT}: photo {photo!r} has {split!r}. Expected 1 for "
                "training or 0 for the test."
            )
        file = str(root / "images" / path)
        examples.append(labelled(file, names[labels[photo]], SPLITS.get(split, "")))
    spelled = one_spelling(examples, context.labels)
    classes = tuple(sorted({example.target for example in spelled}))
    require_classes(str(root), classes, f"{len(spelled)} photos", context)
    return Source(str(root), root, spelled, classes)


def _pairs(file: Path) -> dict[str, str]:
    """Return the rest of each line by its first word.

    Raises:
        DataError: for a line of one word, or an identifier twice.
    """
    pairs: dict[str, str] = {}
    for number, line in enumerate(decoded(file.read_bytes())[0].splitlines(), 1):
        if not line.strip():
            continue
        key, _, rest = line.strip().partition(" ")
        if not rest.strip() or key in pairs:
            why = "comes twice" if key in pairs else "has nothing behind it"
            raise DataError(
                f"{file}, line {number}: the identifier {key!r} {why}. Expected an "
                "identifier and its value in each line."
            )
        pairs[key] = rest.strip()
    return pairs


def _names(names: dict[str, str], used: set[str], file: Path) -> dict[str, str]:
    """Return the name of each class in use, unique.

    Raises:
        DataError: if one has no name.
    """
    if missing := sorted(used - names.keys()):
        raise DataError(
            f"{file} has no line for class {missing[0]!r} of {LABELS}. Add its name."
        )
    counts = Counter(names[key] for key in used)
    return {
        key: names[key] if counts[names[key]] == 1 else f"{names[key]} ({key})"
        for key in used
    }
