"""Vectors of examples for TensorBoard's projector: files next to the events."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tfapp.base.files import replacing, write_text
from tfapp.tasks.watching import Points

SIDE = 48
"""Pixels of a thumbnail."""
CONFIG, VECTORS, NAMES, SPRITE = (
    "projector_config.pbtxt",
    "vectors.tsv",
    "names.tsv",
    "thumbnails.png",
)


def write_points(folder: Path, name: str, points: Points) -> None:
    """Write vectors, names and thumbnails in place of those before.

    Args:
        folder: of the events.
        name: of the tensor.
        points: of one moment; a projector shows the latest alone.
    """
    vectors = io.StringIO()
    np.savetxt(vectors, points.vectors, "%.5g", delimiter="\t")
    write_text(folder / VECTORS, vectors.getvalue())
    rows = ["name\tlabel"]
    pairs = zip(points.names, points.labels, strict=True)
    rows += [f"{_cell(name)}\t{_cell(label)}" for name, label in pairs]
    write_text(folder / NAMES, "\n".join(rows) + "\n")
    lines = [
        "embeddings {",
        f'  tensor_name: "{name}"',
        f'  tensor_path: "{VECTORS}"',
        f'  metadata_path: "{NAMES}"',
    ]
    if points.thumbnails:
        with replacing(folder / SPRITE) as temporary:
            _sprite(points.thumbnails).save(temporary, "PNG")
        lines += [
            "  sprite {",
            f'    image_path: "{SPRITE}"',
            f"    single_image_dim: {SIDE}",
            f"    single_image_dim: {SIDE}",
            "  }",
        ]
    write_text(folder / CONFIG, "\n".join([*lines, "}", ""]))


def _sprite(thumbnails: Sequence[bytes]) -> Image.Image:
    """Return all thumbnails in the rows of a square."""
    per_row = int(np.ceil(np.sqrt(len(thumbnails))))
    sprite = Image.new("RGB", (per_row * SIDE, per_row * SIDE))
    for number, encoded in enumerate(thumbnails):
        with Image.open(io.BytesIO(encoded)) as image:
            small = image.convert("RGB").resize((SIDE, SIDE))
        row, column = divmod(number, per_row)
        sprite.paste(small, (column * SIDE, row * SIDE))
    return sprite


def _cell(text: str) -> str:
    """Return a text as one cell of a TSV file."""
    return " ".join(text.split())
