"""TIFF, HEIC and AVIF made PNG, which TensorFlow decodes.

Nothing in an exported graph reads these formats, so whatever reads files for a model
converts them first. Of a TIFF file with several pages the first of the largest ones
counts, since smaller pages are previews. Pixels are those of the file, upright; 16 bits
become 8 by the rule of `eight_bit_shift`.
"""

import importlib
import io
import struct
import sys
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from tfapp.base.errors import ConfigError, DataError
from tfapp.base.extras import require_extra
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.reading.sources.arrays import eight_bit_shift

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How TIFF files begin, and those of more than 4 GB."""
HEIC_BRANDS = frozenset(b"heic heix heim heis hevc hevx mif1 msf1".split())
AVIF_BRANDS = frozenset((b"avif", b"avis"))
BITS_PER_SAMPLE = 258
OTHER_BYTE = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}
"""Order of the two bytes of a number → that by which Pillow takes the other one."""
MOST_PIXELS = 178_956_970
"""Of which Pillow reads these formats, whoever asks."""
PLAIN_MODES = ("L", "LA", "RGB", "RGBA")
DAMAGE = (
    *(OSError, EOFError, SyntaxError, ValueError, IndexError, KeyError, TypeError),
    *(OverflowError, RuntimeError, AttributeError, struct.error),
    Image.DecompressionBombError,
)
"""What Pillow and its plugins raise on files that are damaged."""


class ConversionError(DataError):
    """An image that cannot be converted.

    Args:
        fault: as a scan calls it, such as "too large".
        detail: one sentence.
    """

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


@dataclass(frozen=True)
class Converted:
    """An image in a format that TensorFlow decodes.

    Args:
        png: the image.
        format: of the file, such as "TIFF".
        traits: what deserves mention: "16-bit", "several pages", "cmyk".
    """

    png: bytes
    format: str
    traits: tuple[str, ...]


def foreign_format(data: bytes) -> str:
    """Return "TIFF", "HEIC" or "AVIF" for such a file, "" for any other."""
    if data.startswith(TIFF):
        return "TIFF"
    if data[4:8] != b"ftyp":
        return ""
    brands = {data[at : at + 4] for at in range(8, min(len(data), 64), 4)}
    if brands & AVIF_BRANDS:
        return "AVIF"
    return "HEIC" if data[8:12] in HEIC_BRANDS or brands & {b"heic", b"heix"} else ""


def decodable(data: bytes, max_pixels: int = MAX_PIXELS) -> bytes:
    """Return a file as TensorFlow decodes it: as it is, or made PNG.

    Raises:
        ConversionError: for a TIFF, HEIC or AVIF file that cannot be converted.
    """
    return convert(data, max_pixels).png if foreign_format(data) else data


def convert(data: bytes, max_pixels: int) -> Converted:
    """Make a TIFF, HEIC or AVIF file PNG.

    Args:
        data: the file.
        max_pixels: larger images are refused before they are decoded.

    Raises:
        ConversionError: if it is damaged or too large, holds pixels that are neither
            of 8 nor of 16 bits, or needs a package that is not installed.
    """
    form = foreign_format(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata
            return _convert(form, data, max_pixels)
    except ConversionError:
        raise
    except DAMAGE as error:
        cut_off = isinstance(error, EOFError) or "truncated" in str(error)
        fault = "truncated" if cut_off else "unreadable"
        detail = f"{form}: the content is damaged or of an unknown kind ({error})."
        raise ConversionError(fault, detail) from error


def _convert(form: str, data: bytes, max_pixels: int) -> Converted:
    image = _opened(form, data)
    pages = getattr(image, "n_frames", 1) if form == "TIFF" else 1
    page = _go_to_page(image, pages) if pages > 1 else 0
    _check_size(form, image.width, image.height, max_pixels)
    found = {
        "several pages": pages > 1,
        "cmyk": image.mode == "CMYK",
        "16-bit": form == "TIFF" and _bits(image) == 16,
    }
    shown = _picture(image, data, page) if form == "TIFF" else _plain(image)
    stream = io.BytesIO()
    shown.save(stream, "PNG", compress_level=1)
    traits = tuple(trait for trait, holds in found.items() if holds)
    return Converted(stream.getvalue(), form, traits)


def _check_size(form: str, width: int, height: int, max_pixels: int) -> None:
    pixels = f"{width} x {height} pixels are above"
    if width * height > max_pixels:
        raise ConversionError(
            "too large",
            f"{pixels} data.options.max_pixels = {max_pixels}; make it smaller or "
            "raise the limit.",
        )
    if width * height > MOST_PIXELS:
        raise ConversionError(
            "too large",
            f"{pixels} {MOST_PIXELS}, more than are read of {form}; save it as PNG.",
        )


def _opened(form: str, data: bytes) -> Any:
    """Open a file by its own plugin, whatever else Pillow has been taught."""
    if form == "TIFF":
        from PIL import TiffImagePlugin

        return TiffImagePlugin.TiffImageFile(io.BytesIO(data))
    if form == "AVIF":
        from PIL import AvifImagePlugin

        return AvifImagePlugin.AvifImageFile(io.BytesIO(data))
    try:
        require_extra("heic", ("pillow_heif",), "Reading HEIC photos")
    except ConfigError as error:
        raise ConversionError("unsupported format", str(error)) from None
    opener: Any = importlib.import_module("pillow_heif")
    return opener.HeifImageFile(io.BytesIO(data))


def _go_to_page(image: Any, pages: int) -> int:
    """Open the first of the largest pages; return its number."""
    sizes = []
    for number in range(pages):
        image.seek(number)
        sizes.append(image.width * image.height)
    page = sizes.index(max(sizes))
    image.seek(page)
    return page


def _bits(image: Any) -> int:
    """Return the bits of a number in a TIFF file."""
    return int(max(image.tag_v2.get(BITS_PER_SAMPLE, (1,))))


def _picture(image: Any, data: bytes, page: int) -> Image.Image:
    """Return a page of a TIFF file with 8 bits a number, upright."""
    if image.mode == "F" or _bits(image) > 16:
        raise ConversionError(
            "unsupported format",
            f"TIFF of {_bits(image)} bits a number; save it with 8 or 16.",
        )
    if image.mode.startswith("I"):
        return Image.fromarray(_eight_bits(np.asarray(image)))  # upright once loaded
    if _bits(image) != 16 or image.mode not in ("RGB", "RGBA"):
        return _plain(image)
    upper = np.asarray(image).astype(np.uint16)
    other = _opened("TIFF", data)
    other.seek(page)
    other.tile = [tile._replace(args=_swapped(tile.args)) for tile in other.tile]
    return Image.fromarray(_eight_bits(upper << 8 | np.asarray(other)))


def _swapped(args: Any) -> Any:
    """Return what makes Pillow, which keeps 8 bits of 16, keep the lower ones."""
    mode, *rest = args if isinstance(args, tuple) else (args,)
    kind, _, order = mode.partition(";16")
    if order not in OTHER_BYTE:
        raise ConversionError(
            "unsupported format",
            "TIFF of 16 bits with colours in separate planes; save it interleaved.",
        )
    swapped = f"{kind};16{OTHER_BYTE[order]}"
    return (swapped, *rest) if isinstance(args, tuple) else swapped


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Return 16-bit numbers (h, w) or (h, w, 3 or 4) with 8 bits, alpha by itself."""
    if values.min(initial=0) < 0 or values.max(initial=0) > 0xFFFF:
        raise ConversionError(
            "unsupported format", "TIFF of numbers outside 0 to 65,535; save others."
        )
    colours = values if values.ndim == 2 else values[..., :3]
    few = colours >> eight_bit_shift(colours)
    if values.ndim == 3 and values.shape[2] == 4:
        few = np.concatenate([few, values[..., 3:] >> 8], axis=2)
    return few.astype(np.uint8)


def _plain(image: Any) -> Image.Image:
    """Return an image in a mode that PNG files and TensorFlow have, upright."""
    from PIL import ImageOps

    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode in PLAIN_MODES:
        return upright
    if upright.mode == "1":
        return upright.convert("L")
    transparent = upright.mode in ("PA", "RGBa", "La") or "transparency" in upright.info
    return upright.convert("RGBA" if transparent else "RGB")
