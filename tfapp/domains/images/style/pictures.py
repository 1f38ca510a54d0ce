"""Pictures as the style is drawn on them: read, resized, coloured, written."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tfapp.base.errors import DataError
from tfapp.base.files import replacing
from tfapp.data.place import expand_path
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.decoding import decode_image
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.style.features.losses import adaptive_normalization
from tfapp.domains.images.style.settings import SMALLEST_SIDE

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R 601 weights of red, green and blue."""


def read_picture(place: str | Path, what: str) -> np.ndarray:
    """Return a picture file as it looks: upright, 8 bits, without alpha.

    Args:
        place: path of a file; ~ and $VAR expand.
        what: the picture is for, such as "style".

    Returns:
        uint8 (height, width, 3), RGB.

    Raises:
        DataError: if it is no file, no picture, or too large or small.
        ConfigError: if the path uses a variable that is not set.
    """
    path = Path(expand_path(str(place)))
    if path.is_dir():
        raise DataError(
            f"The {what} {str(path)!r} is a folder. Expected a picture file."
        )
    if not path.is_file():
        raise DataError(f"There is no {what} {str(path)!r}. Name a picture file.")
    try:
        encoded = decodable(path.read_bytes(), MAX_PIXELS)
        pixels = decode_image(tf.constant(encoded), MAX_PIXELS).numpy()
    except (tf.errors.OpError, DataError, OSError) as error:
        reason = str(getattr(error, "message", error)).strip().splitlines()[0]
        raise DataError(
            f"The {what} {str(path)!r} cannot be read as a picture: {reason} Expected "
            f"one of {', '.join(IMAGE_SUFFIXES)}."
        ) from None
    if min(pixels.shape[:2]) < SMALLEST_SIDE:
        height, width = pixels.shape[:2]
        raise DataError(
            f"The {what} {str(path)!r} is too small: {width}x{height} pixels. Expected "
            f"at least {SMALLEST_SIDE} a side."
        )
    return np.asarray(pixels)


def pictures_at(place: str) -> list[Path]:
    """Return the picture at a path, or those in a folder, by name.

    Args:
        place: a file or a folder; ~ and $VAR expand.

    Raises:
        DataError: if nothing is there.
    """
    path = Path(expand_path(place))
    if not path.is_dir():
        return [path]
    files = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise DataError(
            f"The folder {str(path)!r} holds no picture. Expected files ending in "
            f"{', '.join(IMAGE_SUFFIXES)}."
        )
    return files


def sides(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Return height and width in proportion, the longer of them as given.

    Args:
        shape: of a picture, (height, width, …).
        longest: pixels.
    """
    height, width = shape[:2]
    factor = longest / max(height, width)
    return max(round(height * factor), 1), max(round(width * factor), 1)


def resized(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a picture in another size, by averages and cubic curves.

    Args:
        pixels: uint8, (height, width) or (height, width, 3).
        size: height and width.

    Returns:
        float32 of that size, in [0, 1].
    """
    if pixels.shape[:2] != size:
        image = Image.fromarray(pixels)
        pixels = np.asarray(image.resize(size[::-1], Image.Resampling.LANCZOS))
    return pixels.astype(np.float32) / 255.0


def enlarged(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a float picture, (height, width, 3), in another size."""
    planes = [
        Image.fromarray(picture[..., c].astype(np.float32)).resize(
            size[::-1], Image.Resampling.BICUBIC
        )
        for c in range(picture.shape[-1])
    ]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def luminance(picture: np.ndarray) -> np.ndarray:
    """Return how bright each pixel of a float picture is, (height, width, 1)."""
    return (picture @ LUMA)[..., None]


def in_grey(picture: np.ndarray) -> np.ndarray:
    """Return a float picture without its colours, (height, width, 3)."""
    return np.repeat(luminance(picture), 3, axis=-1)


def grey_as(picture: np.ndarray, example: np.ndarray) -> np.ndarray:
    """Return a picture in grey, with mean and deviation of another's brightness.

    Reference:
        Gatys et al., Preserving color in neural artistic style transfer, 2016,
        https://arxiv.org/abs/1606.05897
    """
    grey, target = luminance(picture)[None], luminance(example)[None]
    matched = np.asarray(adaptive_normalization(grey, target)[0])
    return np.repeat(matched, 3, axis=-1)


def with_colors_of(picture: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Return a picture that is as bright as one and as colourful as another."""
    return colors + luminance(picture) - luminance(colors)


def to_pixels(picture: np.ndarray) -> np.ndarray:
    """Return a float picture in [0, 1] as uint8."""
    return np.rint(255.0 * np.clip(picture, 0.0, 1.0)).astype(np.uint8)


def write_png(path: Path, pixels: np.ndarray, texts: Mapping[str, str]) -> None:
    """Write a PNG file, whole or not at all, with texts inside.

    Args:
        path: of the file.
        pixels: uint8 (height, width, 3).
        texts: keyword → text, as PNG stores them.
    """
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_itxt(keyword, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        Image.fromarray(pixels).save(temporary, "PNG", pnginfo=info)


def jpeg(pixels: np.ndarray, longest: int = 512) -> bytes:
    """Return a picture as a JPEG for a page, not larger than given."""
    image = Image.fromarray(pixels)
    image.thumbnail((longest, longest))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=88)
    return stream.getvalue()
