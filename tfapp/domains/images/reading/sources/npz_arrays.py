"""NumPy archives: pixel arrays, or JPEG files packed end to end."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.domains.images.reading.sources.arrays import encode_png, pixel_values
from tfapp.problems.classification.examples import (
    labelled,
    require_classes,
    require_training_classes,
)

PIXEL_KEYS = {
    "": ("images", "labels"),
    "train": ("x_train", "y_train"),
    "validation": ("x_val", "y_val"),
    "test": ("x_test", "y_test"),
}
PACKED_KEYS = ("data", "offsets", "labels")
FORMS = (
    "x_train,y_train[,x_val,y_val][,x_test,y_test], or images,labels, or "
    "data,offsets,labels (packed JPEG files); class_names if wanted"
)


@dataclass(frozen=True)
class Part:
    """Encoded images of one split and their labels as stored."""

    split: str
    names: list[str]
    encoded: list[bytes]
    labels: np.ndarray


def npz_arrays(place: str, context: LoadContext) -> Source:
    """A NumPy archive: x_train,y_train,x_test,y_test, or images,labels, or packed.

    Raises:
        DataError: for other keys, and for shapes, types or values out of range.
    """
    path = Path(place).absolute()
    arrays = _read_arrays(path)
    parts, notes = _parts(path, arrays)
    names = _names_by_label(path, arrays, parts)
    examples = tuple(e for part in parts for e in _examples(path, part, names))
    class_names = tuple(dict.fromkeys(names.values()))
    require_classes(str(path), class_names, f"{len(examples)} images", context)
    require_training_classes(str(path), examples)
    files = [image for part in parts for image in part.encoded]
    encoded = {e.name: image for e, image in zip(examples, files, strict=True)}
    return Source(str(path), None, examples, class_names, encoded, notes=notes)


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the archive, refusing pickled objects: they could run code."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        known = isinstance(error, OSError) and error.strerror
        reason = known or "it is damaged, no .npz file, or holds Python objects"
        raise DataError(
            f"{path} cannot be read as a NumPy archive of plain arrays: {reason}. "
            "Write it with np.savez."
        ) from error


def _parts(
    path: Path, arrays: dict[str, np.ndarray]
) -> tuple[list[Part], tuple[str, ...]]:
    """Return the images of every split found, and notes about conversions."""
    if all(key in arrays for key in PACKED_KEYS):
        return [_packed(path, arrays)], ()
    found = [s for s, keys in PIXEL_KEYS.items() if all(k in arrays for k in keys)]
    if not found or ("" not in found and "train" not in found):
        raise DataError(f"{path} holds the arrays {sorted(arrays)}. Expected {FORMS}.")
    pairs = [_pixels(path, arrays, split) for split in found]
    return [part for part, _ in pairs], tuple(note for _, note in pairs if note)


def _pixels(path: Path, arrays: dict[str, np.ndarray], split: str) -> tuple[Part, str]:
    """Encode the pixel arrays of one split."""
    image_key, label_key = PIXEL_KEYS[split]
    images, note = pixel_values(f"{path}, `{image_key}`", arrays[image_key])
    labels = _flat_labels(path, label_key, arrays[label_key], len(images))
    names = [f"{i:05d}" for i in range(len(images))]
    return Part(split, names, [encode_png(image) for image in images], labels), note


def _packed(path: Path, arrays: dict[str, np.ndarray]) -> Part:
    """Cut the packed files apart."""
    data, offsets = arrays["data"], arrays["offsets"].astype(np.int64)
    ascending = len(offsets) and offsets[0] == 0 and (np.diff(offsets) >= 0).all()
    if data.dtype != np.uint8 or not ascending or offsets[-1] != len(data):
        raise DataError(
            f"{path}: `offsets` do not cut `data` into files. Expected uint8 data and "
            "n+1 ascending offsets from 0 to its length."
        )
    encoded = [
        data[start:end].tobytes()
        for start, end in zip(offsets[:-1], offsets[1:], strict=True)
    ]
    labels = _flat_labels(path, "labels", arrays["labels"], len(encoded))
    stored = arrays.get("names", np.arange(len(encoded)))
    names = [f"{i:05d}_{name}" for i, name in enumerate(stored)]
    return Part("", names, encoded, labels)


def _flat_labels(path: Path, key: str, labels: np.ndarray, count: int) -> np.ndarray:
    """Return labels (count,); (count, 1) is how CIFAR keeps them."""
    if labels.shape == (count, 1):
        labels = labels[:, 0]
    if labels.shape != (count,) or labels.dtype.kind not in "iuU":
        raise DataError(
            f"{path}: `{key}` has shape {labels.shape} and dtype {labels.dtype}. "
            f"Expected one integer or text for each of the {count} images."
        )
    return labels


def _names_by_label(
    path: Path, arrays: dict[str, np.ndarray], parts: list[Part]
) -> dict[int | str, str]:
    """Map labels as stored, in ascending order, to class names."""
    occurring = np.unique(np.concatenate([part.labels for part in parts])).tolist()
    if occurring and isinstance(occurring[0], int) and occurring[0] < 0:
        raise DataError(
            f"{path}: the label {occurring[0]} names no class; data sets mark examples "
            "without a label so. Expected 0 or more; leave these examples out."
        )
    if "class_names" not in arrays or not all(isinstance(v, int) for v in occurring):
        return {value: str(value) for value in occurring}
    names = arrays["class_names"].astype(str).tolist()
    if occurring and not 0 <= occurring[0] <= occurring[-1] < len(names):
        raise DataError(
            f"{path}: labels run from {occurring[0]} to {occurring[-1]} but there are "
            f"{len(names)} class_names. Expected labels in [0, {len(names)})."
        )
    return {value: names[value] for value in occurring}


def _examples(
    path: Path, part: Part, names_by_label: dict[int | str, str]
) -> list[Example]:
    """Name the images of one part and their classes."""
    folder = f"{path.name}/{part.split or 'images'}"
    return [
        labelled(f"{folder}/{name}", names_by_label[value], part.split)
        for name, value in zip(part.names, part.labels.tolist(), strict=True)
    ]
