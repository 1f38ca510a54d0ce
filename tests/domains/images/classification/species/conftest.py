"""Photos of three species that look alike, with places and sightings."""

import numpy as np
import pytest
from PIL import Image

from tests.domains.images.classification.species.tables import (
    RANGES,
    day_text,
    drawn,
    write_sightings,
)

SIDE = 32
SPLITS = {"train": 30, "validation": 60, "test": 45}


@pytest.fixture(scope="session")
def species_folder(tmp_path_factory):
    """A folder with photos/, a table of their places, and a table of sightings."""
    folder = tmp_path_factory.mktemp("species")
    random = np.random.default_rng(0)
    names, lines = tuple(RANGES), ["path,latitude,longitude,date"]
    for number, (split, count) in enumerate(SPLITS.items()):
        places, species = drawn(count, 10 + number)
        for i, ((latitude, longitude, day), s) in enumerate(
            zip(places.tolist(), species.tolist(), strict=True)
        ):
            file = folder / "photos" / split / names[s] / f"{i}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            pixels = random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(file)
            place = file.relative_to(folder).as_posix()
            lines.append(f"{place},{latitude},{longitude},{day_text(day)}")
    (folder / "places.csv").write_text("\n".join(lines))
    write_sightings(folder / "sightings.csv", *drawn(600, 1))
    return folder
