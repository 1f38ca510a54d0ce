"""Slides opened: by OpenSlide, and small pictures by Pillow."""

import math
import threading
from pathlib import Path
from typing import Any

from PIL import Image

from tfapp.base.errors import DataError
from tfapp.base.extras import require_extra
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.limits import MAX_PIXELS, pillow_without_limit
from tfapp.domains.images.slides.reading.slide import WHITE, Level, Slide

COARSEST_MPP = 20.0
"""Microns per pixel above which a file holds the resolution of a screen or printer."""
MPP = ("openslide.mpp-x", "openslide.mpp-y")
TIFFS = (".tif", ".tiff")
REMEDY = (
    "write it as tiles with a pyramid: `vips tiffsave IN OUT.tif --tile --pyramid "
    "--bigtiff`"
)


def open_slide(path: str | Path, mpp: float = 0.0) -> Slide:
    """Open a slide: any format of OpenSlide, or a picture of at most 100 megapixels.

    Args:
        path: of the file.
        mpp: microns per pixel of level 0, which wins over the file's; 0 for the file's.

    Raises:
        ConfigError: if OpenSlide is not installed.
        DataError: if there is no such file, or nothing that can be read in parts.
    """
    path = Path(path).expanduser()
    _require_file(path)
    require_extra("slides", ("openslide",), "Reading slides")
    import openslide

    stated = (mpp, "stated") if mpp else (0.0, "")
    try:
        if openslide.OpenSlide.detect_format(path) is not None:
            return _OpenSlide(path, openslide.OpenSlide(path), *stated)
    except openslide.OpenSlideError as error:
        raise DataError(f"{path} cannot be opened as a slide: {error}.") from None
    return _Picture(path, *stated)


def _require_file(path: Path) -> None:
    """Refuse what is no file.

    Raises:
        DataError: naming the way out.
    """
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.is_file())[:3]
        names = f" It holds {', '.join(inside)}." if inside else ""
        raise DataError(
            f"{path} is a folder. Expected the file of a slide.{names} Name the files, "
            f"such as {path}/*.tif."
        )
    if not path.is_file():
        raise DataError(f"There is no slide {str(path)!r}.")


class _OpenSlide(Slide):
    """A slide that OpenSlide reads."""

    def __init__(self, path: Path, opened: Any, mpp: float, source: str) -> None:
        sizes = zip(opened.level_dimensions, opened.level_downsamples, strict=True)
        levels = tuple(Level(w, h, d) for (w, h), d in sizes)
        if not mpp:
            mpp, source = _mpp_of(opened.properties)
        super().__init__(path, levels, mpp, source)
        self._opened = opened

    def read(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> Image.Image:
        import openslide

        place = tuple(round(p * self.levels[level].downsample) for p in (left, top))
        try:
            region = self._opened.read_region(place, level, (width, height))
        except openslide.OpenSlideError as error:
            raise DataError(
                f"{self.path} is damaged or cut off, at {place[0]}, {place[1]} of "
                f"level {level}: {error}. Copy it again."
            ) from None
        return _over_white(region)

    def close(self) -> None:
        self._opened.close()

    def associated(self) -> dict[str, Image.Image]:
        return {n: _over_white(i) for n, i in self._opened.associated_images.items()}


class _Picture(Slide):
    """A picture that Pillow reads as a whole."""

    def __init__(self, path: Path, mpp: float, source: str) -> None:
        with pillow_without_limit():
            self._image = _over_white(_decoded(path))
        super().__init__(path, (Level(*self._image.size, 1.0),), mpp, source)
        self._lock = threading.Lock()

    def read(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> Image.Image:
        region = Image.new("RGB", (width, height), (WHITE,) * 3)
        inside = (
            max(left, 0),
            max(top, 0),
            min(left + width, self._image.width),
            min(top + height, self._image.height),
        )
        if inside[0] < inside[2] and inside[1] < inside[3]:
            with self._lock:  # pixels may still have to be loaded
                part = self._image.crop(inside)
            region.paste(part, (inside[0] - left, inside[1] - top))
        return region

    def close(self) -> None:
        self._image.close()


def _decoded(path: Path) -> Image.Image:
    """Return a picture as Pillow reads it, 16 bits made 8.

    Raises:
        DataError: if it is none, or too large to be read as a whole.
    """
    import io

    try:
        with Image.open(path) as image:
            width, height = image.size
    except (OSError, SyntaxError, ValueError) as error:
        if path.suffix.lower() in TIFFS:
            raise DataError(
                f"{path} is a TIFF that is damaged or cut off, or of a kind that "
                f"neither OpenSlide nor Pillow reads ({error}). Copy it again, or "
                f"{REMEDY}."
            ) from None
        raise DataError(
            f"{path} is neither a slide that OpenSlide reads nor a picture."
        ) from None
    if width * height > MAX_PIXELS:
        raise DataError(
            f"{path} has {width:,} x {height:,} pixels and no tiles, so no part of it "
            f"can be read alone. To scan it, {REMEDY}."
        )
    try:
        content = decodable(path.read_bytes(), MAX_PIXELS)
        image = Image.open(io.BytesIO(content))
        image.load()
    except (DataError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path} is damaged or cut off: {error}") from None
    return image


def _over_white(image: Image.Image) -> Image.Image:
    """Return a picture in RGB; white shows through where it is transparent."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return image.convert("RGB")
    image = image.convert("RGBA")
    lowest, _ = image.getchannel("A").getextrema()
    if lowest == WHITE:
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, (WHITE,) * 4)
    return Image.alpha_composite(white, image).convert("RGB")


def _mpp_of(properties: Any) -> tuple[float, str]:
    """Return a file's microns per pixel and where they are; 0 and "" without."""
    try:
        values = [float(properties[key]) for key in MPP]
    except (KeyError, ValueError):
        return 0.0, ""
    mean = math.sqrt(values[0] * values[1]) if min(values) > 0 else 0.0
    return (mean, "in the file") if 0 < mean <= COARSEST_MPP else (0.0, "")
