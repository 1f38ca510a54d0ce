"""The sheet of a run: how its picture looks every few evaluations."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tfapp.base.files import replacing
from tfapp.domains.images.style.pictures import jpeg, to_pixels

TILE = 256
COLUMNS = 4
GAP = 4


class Sheet:
    """Pictures of a run's course, each a file, and all of them in `sheet.jpg`.

    Args:
        folder: of the run; the pictures go to `looks` below it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.looks = folder / "looks"

    def add(self, picture: np.ndarray, phase: str, number: int) -> None:
        """Write a picture, and the sheet anew.

        Args:
            picture: float (height, width, 3), in [0, 1].
            phase: of the run.
            number: of evaluations done in the phase.
        """
        self.looks.mkdir(parents=True, exist_ok=True)
        path = self.looks / f"{phase}_{number:05d}.jpg"
        with replacing(path) as temporary:
            temporary.write_bytes(jpeg(to_pixels(picture), TILE))
        with replacing(self.folder / "sheet.jpg") as temporary:
            _mosaic(self.files()).save(temporary, "JPEG", quality=88)

    def files(self) -> list[Path]:
        """Return the pictures so far, in order."""
        return sorted(self.looks.glob("*.jpg"))


def _mosaic(files: list[Path]) -> Image.Image:
    """Return pictures in rows on white."""
    tiles = [Image.open(io.BytesIO(path.read_bytes())) for path in files]
    width = max(tile.width for tile in tiles) + GAP
    height = max(tile.height for tile in tiles) + GAP
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    for number, tile in enumerate(tiles):
        left, top = number % columns * width, number // columns * height
        sheet.paste(tile, (left, top))
    return sheet
