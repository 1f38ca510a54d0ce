"""One encoded image looked at closely: can training use it, and what is odd."""

import hashlib
import io
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.data.scan import Inspection
from tfapp.domains.images.reading.conversion import (
    ConversionError,
    convert,
    foreign_format,
)
from tfapp.domains.images.reading.likeness import LIKENESS, likeness
from tfapp.domains.images.reading.limits import pillow_without_limit
from tfapp.domains.images.reading.pixels.by_pillow import picture_by_pillow
from tfapp.domains.images.reading.pixels.rules import (
    CUT_OFF,
    DECODER_VERSION,
    END_MARK,
    FORMATS,
    TAIL,
)
from tfapp.domains.images.reading.upright import orientation_of
from tfapp.machine.start import require_tensorflow

MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF")
OPAQUE = 255
"""Alpha of a pixel that hides what is behind it."""
COARSE = 8
"""Pixels between those looked at first for colour; most photos show it there."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the inspection of an image file reports.

    Args:
        stamp: of the file when it was looked at.
        format: as the content says, for example "PNG"; "" if unknown.
        width: pixels, before any turning.
        height: pixels, before any turning.
        colour: whether any pixel is more than grey.
        traits: any of "cmyk", "16-bit", "several pages", "alpha", "animated",
            "rotated", "no end mark".
        fault: why it cannot be used ("truncated", …), "" if it can.
        detail: of the fault, one sentence.
        content_hash: SHA-256 of the pixels that training's decoder gives, a large
            JPEG shrunk (`SCANNED_SIDE`), and of their shape.
        likeness: hashes of its look, see `likeness`; () if unfit.
    """

    stamp: str
    format: str = ""
    width: int = 0
    height: int = 0
    colour: bool = False
    traits: tuple[str, ...] = ()
    fault: str = ""
    detail: str = ""
    content_hash: str = ""
    likeness: tuple[str, ...] = ()


def inspect_image(data: bytes, stamp: str, max_pixels: int) -> ImageFacts:
    """Look at one encoded image; call it inside `pillow_without_limit`."""
    if not data:
        return ImageFacts(stamp, fault="empty", detail="the file has no content.")
    if form := foreign_format(data):
        return _inspect_foreign(form, data, stamp, max_pixels)
    try:
        with Image.open(io.BytesIO(data)) as image:
            return _inspect_open(image, data, stamp, max_pixels)
    except Exception as error:  # Pillow raises many types on damaged headers
        return _unopened(data, stamp, error)


def _inspect_foreign(form: str, data: bytes, stamp: str, max_pixels: int) -> ImageFacts:
    """Look at a file as the PNG that it is read as."""
    try:
        converted = convert(data, max_pixels)
    except ConversionError as error:
        return ImageFacts(stamp, form, fault=error.fault, detail=str(error))
    facts = inspect_image(converted.png, stamp, max_pixels)
    return replace(facts, format=form, traits=(*converted.traits, *facts.traits))


def image_inspection(max_pixels: int) -> Inspection[ImageFacts]:
    """Return how a scan inspects images.

    Args:
        max_pixels: larger images are not decoded.
    """
    return Inspection(
        ImageFacts,
        lambda data, stamp: inspect_image(data, stamp, max_pixels),
        version=f"{DECODER_VERSION}, {LIKENESS}, alpha seen, "
        f"HEIC: {find_spec('pillow_heif') is not None}, up to {max_pixels} pixels",
        surroundings=pillow_without_limit,
    )


def _inspect_open(
    image: Image.Image, data: bytes, stamp: str, max_pixels: int
) -> ImageFacts:
    """Look at an image whose header could be read."""
    # Phones write several pictures into one JPEG file and call it MPO.
    format_name = "JPEG" if image.format == "MPO" else str(image.format)
    size = image.width, image.height
    fault, detail = _header_fault(format_name, size, max_pixels)
    if fault:
        return ImageFacts(stamp, format_name, *size, False, (), fault, detail)
    turn = orientation_of(data)
    traits = _traits(image, format_name, data, turn)
    picture = picture_by_pillow(image, data, turn)
    if picture is None:
        try:
            picture = Image.fromarray(_pixels_by_training(data, max_pixels))
        except DataError as error:
            fault, detail = _decoding_fault(data, str(error))
            return ImageFacts(stamp, format_name, *size, False, traits, fault, detail)
    if "alpha" in traits and _is_opaque(data):
        traits = tuple(trait for trait in traits if trait != "alpha")
    # Pillow copies its pixels each time they are asked for.
    pixels = np.frombuffer(picture.tobytes(), np.uint8)
    pixels = pixels.reshape(picture.height, picture.width, 3)
    return ImageFacts(
        stamp,
        format_name,
        *size,
        is_coloured(pixels),
        traits,
        content_hash=content_hash(pixels),
        likeness=likeness(picture),
    )


def _pixels_by_training(data: bytes, max_pixels: int) -> np.ndarray:
    """Start TensorFlow, if it does not run yet, and decode.

    Raises:
        DataError: if training cannot decode the image.
    """
    require_tensorflow()
    from tfapp.domains.images.reading.pixels.by_training import scanned_pixels

    return scanned_pixels(data, max_pixels)


def _header_fault(
    format_name: str, size: tuple[int, int], max_pixels: int
) -> tuple[str, str]:
    """Return (fault, detail) from the header alone, ("", "") if it is good."""
    width, height = size
    if format_name not in FORMATS:
        detail = f"{format_name} cannot be decoded; convert it to PNG or JPEG."
        return "unsupported format", detail
    if width * height > max_pixels:
        detail = (
            f"{width} x {height} pixels are above data.options.max_pixels = "
            f"{max_pixels}; make it smaller or raise the limit."
        )
        return "too large", detail
    return "", ""


def _traits(
    image: Image.Image, format_name: str, data: bytes, turn: int
) -> tuple[str, ...]:
    """Return what deserves mention about a usable image."""
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    found = {
        "cmyk": image.mode == "CMYK",
        "16-bit": image.mode.startswith("I") or image.mode == "F",
        "alpha": transparent and format_name != "GIF",
        "animated": format_name != "JPEG" and getattr(image, "is_animated", False),
        "rotated": turn > 1,
        "no end mark": format_name == "JPEG" and END_MARK not in data[-TAIL:],
    }
    return tuple(trait for trait, holds in found.items() if holds)


def _is_opaque(data: bytes) -> bool:
    """Tell whether alpha is stored for nothing, as many programs do."""
    with Image.open(io.BytesIO(data)) as image:
        return bool(image.convert("RGBA").getchannel("A").getextrema()[0] == OPAQUE)


def _decoding_fault(data: bytes, message: str) -> tuple[str, str]:
    """Ask Pillow why the training decoder failed."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except Exception as error:
        if "truncated" in str(error) or isinstance(error, EOFError):
            return "truncated", f"the end of the file is missing ({error})."
        return "unreadable", f"the content is damaged ({error})."
    if CUT_OFF in message:
        return "truncated", f"{CUT_OFF}."
    if "Invalid" in message or "Uncompress" in message:
        return "truncated", "the end of the file is missing or damaged."
    return "unsupported format", f"{message}; save it again as PNG."


def _unopened(data: bytes, stamp: str, error: Exception) -> ImageFacts:
    """Judge what is not even recognised as an image."""
    if data.startswith(MAGIC):
        fault, detail = "truncated", f"the header is cut off or damaged ({error})."
        detail = detail if len(detail) < 120 else "the header is cut off or damaged."
    else:
        fault, detail = "unreadable", "the content is no image."
    return ImageFacts(stamp, fault=fault, detail=detail)


def is_coloured(pixels: np.ndarray) -> bool:
    """Tell whether red, green and blue differ anywhere in uint8 pixels (h, w, 3)."""
    return _differs(pixels[::COARSE, ::COARSE]) or _differs(pixels)


def _differs(pixels: np.ndarray) -> bool:
    red, green, blue = (pixels[..., i] for i in range(3))
    return bool((red != green).any() or (green != blue).any())


def content_hash(pixels: np.ndarray) -> str:
    """Return the SHA-256 of uint8 pixels (h, w, 3) and their shape."""
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
