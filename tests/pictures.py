"""Small pictures and folders, made from a seed."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from tfapp.data.context import LoadContext
from tfapp.recipes.config import DataConfig

__all__ = [
    "picture",
    "encode",
    "exif",
    "make_folder",
    "context_for",
    "scene",
    "make_scenes",
]


@pytest.fixture
def picture():
    """Return a function: seed, height, width to smooth uint8 pixels (h, w, 3)."""

    def make(seed=0, height=40, width=50):
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)
        return np.asarray(Image.fromarray(coarse).resize((width, height)))

    return make


@pytest.fixture
def encode():
    """Return a function: pixels or a Pillow image, and a format, to bytes."""

    def make(image, format_name="PNG", **options):
        image = image if isinstance(image, Image.Image) else Image.fromarray(image)
        buffer = io.BytesIO()
        image.save(buffer, format_name, **options)
        return buffer.getvalue()

    return make


@pytest.fixture
def exif():
    """Return a function: orientation and byte order to an Exif segment's content."""

    def make(orientation, order="<", kind=3):
        short = struct.pack(order + "HH", orientation, 0)
        value = short if kind == 3 else struct.pack(order + "I", orientation)
        mark = b"II*\0" if order == "<" else b"MM\0*"
        entries = struct.pack(order + "HHII", 0x010F, 2, 2, 0)
        entries += struct.pack(order + "HHI", 0x0112, kind, 1) + value
        directory = struct.pack(order + "H", 2) + entries + struct.pack(order + "I", 0)
        return b"Exif\0\0" + mark + struct.pack(order + "I", 8) + directory

    return make


@pytest.fixture
def make_folder(tmp_path, picture, encode):
    """Return a function: {"cats": 3, "test/cats": 2} to a folder of PNG files."""

    def make(counts, name="pets"):
        root, seed = tmp_path / name, 0
        for place, count in counts.items():
            (root / place).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                data = encode(picture(seed := seed + 1))
                (root / place / f"{number:03d}.png").write_bytes(data)
        return root

    return make


@pytest.fixture
def context_for(tmp_path):
    """Return a function: path and recipe keys to a LoadContext."""

    def make(path, seed=0, split_file=None, **keys):
        config = DataConfig(kind="images", path=str(path), **keys)
        return LoadContext(config, seed, split_file, tmp_path / "cache")

    return make


@pytest.fixture
def scene():
    """Return a function: seed, size to a picture of two bright discs, and its mask."""

    def make(seed=0, height=40, width=48, value=255):
        rng = np.random.default_rng(seed)
        down, right = np.mgrid[:height, :width]
        inside = np.zeros((height, width), bool)
        for _ in range(2):
            y, x = rng.integers(8, height - 8), rng.integers(8, width - 8)
            inside |= (down - y) ** 2 + (right - x) ** 2 < 36
        noise = rng.integers(0, 60, (height, width))
        pixels = (np.where(inside, 180, 40) + noise).astype(np.uint8)
        return pixels, (inside * value).astype(np.uint8)

    return make


@pytest.fixture
def make_scenes(tmp_path, scene, encode):
    """Return a function: {"": 5, "test": 2} to a folder of images/ and masks/."""

    def make(counts, name="cells", size=(40, 48)):
        root, seed = tmp_path / name, 0
        for place, count in counts.items():
            for number in range(count):
                seed += 1
                for part, pixels in zip(
                    ("images", "masks"), scene(seed, *size), strict=True
                ):
                    folder = root / place / part
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / f"{number}.png").write_bytes(encode(pixels))
        return root

    return make
