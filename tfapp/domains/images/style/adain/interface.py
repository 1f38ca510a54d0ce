"""What an exported network of arbitrary style takes and answers: pictures all."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from tfapp.base.errors import ConfigError, DataError
from tfapp.base.names import find_path
from tfapp.data.place import expand_path
from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.decoding import decode_image
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.reading.sources.table_rows import read_cells
from tfapp.domains.images.style.adain.preprocessor import (
    ALPHA,
    RAW_STYLE,
    PairPreprocessor,
)
from tfapp.domains.images.style.fast.interface import (
    filled,
    finished,
    jpeg_of,
    picture_prediction,
    small,
)
from tfapp.domains.images.style.names import DRAWING, MARGIN, PADDING
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Signature

PAIR = "pair"
"""Name of the signature that takes two pictures and nothing else."""
LONGEST_STYLE = 512
"""Pixels of a side of a style; a larger one has larger strokes."""
TABLES = (".csv", ".tsv")


def pair_signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of a network of arbitrary style by name.

    Args:
        exported: its model has the layer `drawing`, which takes pictures of any size.

    Returns:
        "serving_default" takes encoded pictures as `image_bytes` and `style_bytes`,
        string tensors (batch,), and `alpha`, float32 (batch,) from 0 (the picture as it
        is) to 1 (all of the style). It answers with JPEGs of the pictures' proportions,
        `picture_bytes`. "pair" takes the two pictures alone.
    """
    preprocessor, drawing = exported.preprocessor, exported.model.get_layer(DRAWING)
    stride = drawing.get_layer(PADDING).width // MARGIN
    picture = tf.TensorSpec((None, None, None, 3), tf.float32)
    traced = tf.function(
        lambda image, style, alpha: _drawn(drawing, stride, image, style, alpha),
        input_signature=[picture, picture, tf.TensorSpec((None, 1), tf.float32)],
        autograph=False,
    )

    def encoded(row: tuple[Any, Any, Any]) -> Any:
        data, style, alpha = row
        image = small(decode_image(data, preprocessor.max_pixels))
        shown = small(decode_image(style, preprocessor.max_pixels), LONGEST_STYLE)
        share = tf.reshape(alpha, (1, 1))
        return jpeg_of(traced(image[tf.newaxis], shown[tf.newaxis], share)[0])

    def serving_default(
        image_bytes: Any, style_bytes: Any, alpha: Any
    ) -> Mapping[str, Any]:
        kind = tf.TensorSpec((), tf.string)
        rows = (image_bytes, _present(style_bytes), _in_range(alpha))
        answers = tf.map_fn(
            encoded, rows, fn_output_signature=kind, parallel_iterations=1
        )
        return {"picture_bytes": answers}

    def pair(image_bytes: Any, style_bytes: Any) -> Mapping[str, Any]:
        alpha = tf.ones([tf.shape(image_bytes)[0]])
        return serving_default(image_bytes, style_bytes, alpha)

    def both(raw: Arrays) -> Arrays:
        return {name: raw[name] for name in (RAW_IMAGE, RAW_STYLE)}

    two = {name: preprocessor.raw[name] for name in (RAW_IMAGE, RAW_STYLE)}
    return {
        DEFAULT: Signature(serving_default, preprocessor.raw),
        PAIR: Signature(pair, two, both),
    }


def _drawn(drawing: Any, stride: int, image: Any, style: Any, alpha: Any) -> Any:
    """Draw pictures of any size: their sides are filled up and cut again."""
    size = tf.shape(image)[1:3]
    answers = drawing(
        [filled(image, stride), filled(style, stride), alpha], training=False
    )
    return finished(answers, size)


def _present(styles: Any) -> Any:
    """Return styles of which none is empty; else the call is an invalid argument."""
    there = tf.reduce_all(tf.strings.length(styles) > 0)
    message = "style_bytes is empty: the style is missing (--with style=FILE)"
    with tf.control_dependencies([tf.debugging.Assert(there, [message])]):
        return tf.identity(styles)


def _in_range(alpha: Any) -> Any:
    """Return alphas from 0 to 1; else the call is an invalid argument.

    NaN, of which nothing is said, is 1.
    """
    alpha = tf.where(tf.math.is_nan(alpha), 1.0, alpha)
    fits = tf.reduce_all((alpha >= 0.0) & (alpha <= 1.0))
    message = "alpha must be from 0 to 1"
    with tf.control_dependencies([tf.debugging.Assert(fits, [message])]):
        return tf.identity(alpha)


def said_style(said: Mapping[str, str]) -> dict[str, Any]:
    """Return the inputs that a user names as style, a file, and alpha.

    Raises:
        ConfigError: for another name, a file that cannot be read, or a value out of
            range.
    """
    if other := sorted(said.keys() - {"style", ALPHA}):
        raise ConfigError(
            f"The model takes no {other[0]!r}. Expected style or alpha, such as "
            "style=painting.jpg alpha=0.8."
        )
    if not said:
        return {RAW_STYLE: b"", ALPHA: 1.0}
    given: dict[str, Any] = {}
    try:
        if "style" in said:
            given[RAW_STYLE] = _read(Path(expand_path(said["style"])), "style")
        if ALPHA in said:
            given[ALPHA] = read_alpha(said[ALPHA])
    except DataError as error:
        raise ConfigError(str(error)) from None
    return given


def read_alpha(text: str) -> float:
    """Return how much of the style is wanted; "" is all of it.

    Raises:
        DataError: unless it is a number from 0 to 1.
    """
    try:
        value = float(text or 1.0)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise DataError(f"`alpha` must be a number from 0 to 1. Received: {text!r}")
    return value


def read_pairs(path: Path, preprocessor: Any) -> Iterator[dict[str, Any]]:
    """Yield the raw inputs of a picture, or of each row of a table of pairs.

    Args:
        path: a picture, whose style is named next to it; or a CSV file with the columns
            path, style and, where wanted, alpha.
        preprocessor: of the model.

    Raises:
        DataError: for a table or a picture that cannot be read, with the line.
    """
    if path.suffix.lower() not in TABLES:
        image = decodable(path.read_bytes(), preprocessor.max_pixels)
        yield {RAW_IMAGE: image, RAW_STYLE: b"", ALPHA: 1.0}
        return
    names, rows = read_cells(path, "")
    if missing := {"path", "style"} - {*names}:
        raise DataError(
            f"it has no column {min(missing)!r}. Expected path, style and alpha, "
            f"found {names}."
        )
    if not rows:
        raise DataError("it has no rows below its header.")
    for line, cells in rows:
        where = f"line {line}: "
        try:
            yield {
                RAW_IMAGE: _read(find_path(path.parent, cells["path"]), "picture"),
                RAW_STYLE: _read(find_path(path.parent, cells["style"]), "style"),
                ALPHA: read_alpha(cells.get(ALPHA, "").strip()),
            }
        except DataError as error:
            raise DataError(f"{where}{error}") from None


def _read(path: Path, what: str) -> bytes:
    """Return the content of a picture file.

    Raises:
        DataError: if there is none.
    """
    if not path.is_file():
        raise DataError(f"there is no {what} {str(path)!r}. Name a picture file.")
    return decodable(path.read_bytes(), MAX_PIXELS)


INTERFACE = image_interface(
    signatures=pair_signatures,
    prediction=picture_prediction,
    preprocessor=PairPreprocessor.from_description,
    outputs={"picture_bytes": "pictures"},
    read=read_pairs,
    fields=said_style,
    batch_sizes=(1,),
)
