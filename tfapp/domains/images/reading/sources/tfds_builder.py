"""Data sets of TensorFlow Datasets, fetched once and kept as files."""

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.download_manager import (
    NonMatchingChecksumError,
)

from tfapp.base.errors import DataError
from tfapp.base.files import replacing, write_json
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.problems.classification.examples import (
    labelled,
    require_classes,
    require_training_classes,
)

NAME = re.compile(
    r"tfds:(?P<name>\w+)(?:/(?P<config>[\w.-]+))?(?::(?P<version>[\d.]+))?"
)
INDEX = "index.json"
REACH_SECONDS = 5.0
"""TensorFlow Datasets itself retries for minutes before it gives up."""

FETCH_ERRORS = (
    OSError,  # no network, disk full; a failed connection is one too
    AssertionError,  # files that have to be fetched by hand are missing
    tfds.download.DownloadError,
    NonMatchingChecksumError,
)
SUFFIXES = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG": ".png",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"RIFF": ".webp",
}


def tfds_builder(place: str, context: LoadContext) -> Source:
    """TensorFlow Datasets: tfds:NAME[/CONFIG][:VERSION], for example tfds:beans.

    Its images are copied as they are, still encoded, into the cache folder.

    Raises:
        DataError: for an unknown name, without network, or if the data set has no
            image with one class label.
    """
    builder = _builder(place)
    image_key, label_key = _keys(place, builder.info.features)
    folder = context.cache_dir / "tfds" / builder.info.full_name
    if not (folder / INDEX).exists():
        _prepare(place, builder)
        with replacing(folder) as temporary:
            _write_files(place, builder, image_key, label_key, temporary)
    index = json.loads((folder / INDEX).read_text("utf-8"))
    examples = tuple(
        labelled(str(folder / path), label, split)
        for path, label, split in index["examples"]
    )
    used = {e.target for e in examples}
    names = builder.info.features[label_key].names
    class_names = tuple(name for name in names if name in used)
    require_classes(place, class_names, f"{len(examples)} images", context)
    require_training_classes(place, examples)
    problems = tuple(
        Problem(
            split,
            "label outside the classes",
            "left out",
            f"{count} of its examples have labels that name no class, such as -1.",
        )
        for split, count in index["unlabelled"].items()
    )
    return Source(place, folder, examples, class_names, problems=problems)


def _builder(place: str) -> Any:
    """Return the builder that `tfds:…` names; it fetches nothing yet."""
    match = NAME.fullmatch(place)
    if match is None:
        raise DataError(
            "`data.path` must be tfds:NAME, tfds:NAME/CONFIG or "
            f"tfds:NAME/CONFIG:VERSION. Received: {place!r}"
        )
    full = place.removeprefix("tfds:")
    try:
        # The variable is read here too, since the library reads it only at import.
        return tfds.builder(full, data_dir=os.environ.get("TFDS_DATA_DIR"))
    except (ValueError, AssertionError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(
            f"`data.path`: TensorFlow Datasets has no {full!r}: {reason} "
            "The names are at https://www.tensorflow.org/datasets/catalog."
        ) from error


def _keys(place: str, features: Mapping[str, Any]) -> tuple[str, str]:
    """Return the names of the image and of the class label among the features."""
    image = _key(features, tfds.features.Image, "image")
    label = _key(features, tfds.features.ClassLabel, "label")
    if not image or not label:
        raise DataError(
            f"{place} has the features {sorted(features)}. Expected one image and one "
            "class label; choose an image classification data set."
        )
    return image, label


def _key(features: Mapping[str, Any], kind: type, usual: str) -> str:
    """Return the only feature of a kind, the usual one of several, or ""."""
    keys = [key for key, feature in features.items() if type(feature) is kind]
    return keys[0] if len(keys) == 1 else usual if usual in keys else ""


def _prepare(place: str, builder: Any) -> None:
    """Let TensorFlow Datasets download and prepare, or explain within seconds."""
    if builder.is_prepared():
        return
    try:
        for url in _missing_urls(builder)[:1]:
            requests.head(url, timeout=REACH_SECONDS)
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(try_download_gcs=False)
        )
    except FETCH_ERRORS as error:
        raise DataError(
            f"{place} is not in {builder.data_dir} and cannot be fetched "
            f"({type(error).__name__}). Expected a network, or the prepared data set "
            "there: run `tfds build` on a machine with a network and copy its folder, "
            "or set TFDS_DATA_DIR to where it is."
        ) from error


def _missing_urls(builder: Any) -> list[str]:
    """Return the known URLs whose files were not downloaded before."""
    root = Path(builder.data_dir_root) / "downloads"
    name = tfds.core.download.resource.get_dl_fname
    return [
        url
        for url, info in (builder.url_infos or {}).items()
        if not (root / name(url, info.checksum)).exists()
    ]


def _write_files(
    place: str, builder: Any, image_key: str, label_key: str, folder: Path
) -> None:
    """Write every encoded image with a class, and an index of [path, label, split]."""
    index: list[tuple[str, str, str]] = []
    unlabelled: Counter[str] = Counter()
    splits = [name for name in builder.info.splits if name.lower() in SPLIT_FOLDERS]
    if not splits:
        raise DataError(
            f"{place} has the splits {sorted(builder.info.splits)}. "
            "Expected train, and validation and test if there are any."
        )
    class_names = builder.info.features[label_key].names
    for split_name in splits:
        (folder / split_name).mkdir(parents=True)
        dataset = builder.as_dataset(
            split=split_name,
            shuffle_files=False,
            decoders={image_key: tfds.decode.SkipDecoding()},
        )
        for number, row in enumerate(tfds.as_numpy(dataset)):
            if not 0 <= int(row[label_key]) < len(class_names):
                unlabelled[split_name] += 1  # as where the labels of a test are secret
                continue
            data = row[image_key]
            path = f"{split_name}/{number:06d}{_suffix(data)}"
            (folder / path).write_bytes(data)
            label = class_names[int(row[label_key])]
            index.append((path, label, SPLIT_FOLDERS[split_name.lower()]))
    write_json(folder / INDEX, {"examples": index, "unlabelled": unlabelled})


def _suffix(data: bytes) -> str:
    """Return the file extension for encoded bytes, .img if they are unknown."""
    return next((s for magic, s in SUFFIXES.items() if data.startswith(magic)), ".img")
