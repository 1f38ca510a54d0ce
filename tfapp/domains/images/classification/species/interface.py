"""What an exported model of species takes and answers."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.base.names import find_path
from tfapp.domains.images.classification.interface import explain_signatures
from tfapp.domains.images.classification.species.in_graph import (
    checked,
    combined_in_graph,
)
from tfapp.domains.images.classification.species.places import (
    HEAD_BYTES,
    INPUTS,
    exif_place,
    read_located,
    said_place,
)
from tfapp.domains.images.classification.species.preprocessor import SpeciesPreprocessor
from tfapp.domains.images.classification.species.prior import read_prior
from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.uint8_images import UINT8_IMAGES, of_uint8
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Prediction, Signature
from tfapp.problems.classification.interface import answer, class_prediction, shares_of

PHOTO = "photo"
"""Name of the signature that takes photos alone."""
TABLES = (".csv", ".tsv")


def species_signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of a model of species by name.

    Returns:
        "serving_default" takes `image_bytes`, and float32 (batch,) `latitude`,
        `longitude` and `day_of_year`, NaN where not known. It answers as image
        classifiers do, with `probabilities` by photo, place and date, and next to them
        `photo_probabilities` by the photo alone. "photo" takes `image_bytes` alone,
        "serve_images" uint8 `images`, and "explain" what "serving_default" does.
    """
    answers = _answers(exported)
    preprocessor = exported.preprocessor

    def default(**raw: Any) -> dict[str, Any]:
        place = {name: raw.pop(name) for name in INPUTS}
        return answers(preprocessor(raw), checked(place))

    def photo(**raw: Any) -> dict[str, Any]:
        return answers(preprocessor(raw), _nowhere(raw[RAW_IMAGE]))

    def alone(images: Any) -> dict[str, Any]:
        return answers(images, _nowhere(images))

    only = {RAW_IMAGE: preprocessor.raw[RAW_IMAGE]}
    return {
        DEFAULT: Signature(default, preprocessor.raw),
        UINT8_IMAGES: of_uint8(exported, alone),
        PHOTO: Signature(photo, only, lambda batch: {RAW_IMAGE: batch[RAW_IMAGE]}),
        **explain_signatures(exported, lambda logits, raw: default(**raw)),
    }


def _answers(exported: Exported) -> Any:
    """Return a function from inputs of the network and a place to what is answered."""
    network = shares_of(exported)
    table = exported.calibration.get("prior")
    combined = combined_in_graph(read_prior(table)) if table else None
    names = tf.constant(list(exported.info.labels))

    def answers(inputs: Any, place: Mapping[str, Any]) -> dict[str, Any]:
        parts = network(inputs)
        alone = parts.pop("probabilities")
        both = alone if combined is None else combined(alone, place)
        told = [tf.math.is_finite(place[name]) for name in INPUTS]
        used = tf.reduce_any(told, axis=0) & (combined is not None)
        words = tf.where(
            used,
            tf.strings.join([_named(names, both), " by photo, place and date; "]),
            "",
        )
        remark = tf.strings.join([words, _named(names, alone), " by the photo alone."])
        if "remark" in parts:
            remark = tf.strings.join([remark, parts.pop("remark")], " ")
        parts |= {"photo_probabilities": alone, "place_used": used, "remark": remark}
        return answer(exported, both, **parts)

    return answers


def _named(names: Any, chances: Any) -> Any:
    """Return the likeliest class and its share as texts (batch,)."""
    share = tf.strings.as_string(100.0 * tf.reduce_max(chances, axis=-1), precision=1)
    best = tf.gather(names, tf.argmax(chances, axis=-1))
    return tf.strings.join([best, " ", share, " %"])


def _nowhere(batch: Any) -> dict[str, Any]:
    unknown = tf.fill([tf.shape(batch)[0]], math.nan)
    return dict.fromkeys(INPUTS, unknown)


def species_prediction(row: Arrays) -> Prediction:
    """Return the classes of one row by photo, place and date, and by the photo alone.

    Args:
        row: what "serving_default" answers.
    """
    both = class_prediction(row)
    alone = class_prediction(
        {"classes": row["classes"], "probabilities": row["photo_probabilities"]}
    ).columns
    used = bool(row["place_used"])
    columns = {
        **both.columns,
        "place_used": used,
        "photo_label": alone["label"],
        "photo_probability": alone["probability"],
        "photo_probabilities": alone["probabilities"],
    }
    told = f"photo alone: {alone['label']} {alone['probability']:.1%}"
    text = f"{both.text} ({told})" if used else f"{both.text} (photo alone)"
    return Prediction(text, columns)


def read_photos(path: Path, preprocessor: Any) -> Iterator[dict[str, Any]]:
    """Yield the raw inputs of a photo, or of each row of a table of photos.

    Args:
        path: a photo, whose Exif data may hold a place; or a CSV file with path,
            latitude, longitude and date.
        preprocessor: of the model.

    Raises:
        DataError: for a table that cannot be read, with the line.
    """
    if path.suffix.lower() not in TABLES:
        content = path.read_bytes()
        place = exif_place(content[:HEAD_BYTES])
        image = decodable(content, preprocessor.max_pixels)
        yield {RAW_IMAGE: image, **dict(zip(INPUTS, place, strict=True))}
        return
    located = read_located(path, ("path",), "")
    if not located.rows:
        raise DataError("it has no rows below its header.")
    for number, place in enumerate(located.places.tolist()):
        photo = find_path(path.parent, located.cell(number, "path"))
        if not photo.is_file():
            raise DataError(f"line {located.rows[number][0]}: there is no {photo}.")
        image = decodable(photo.read_bytes(), preprocessor.max_pixels)
        yield {RAW_IMAGE: image, **dict(zip(INPUTS, place, strict=True))}


INTERFACE = image_interface(
    signatures=species_signatures,
    prediction=species_prediction,
    preprocessor=SpeciesPreprocessor.from_description,
    outputs={
        "probabilities": "classes",
        "remark": "text",
        "explanation_bytes": "pictures",
    },
    read=read_photos,
    fields=said_place,
)
