"""Photos of species, with where and when they were taken, and sightings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.data.spec import Example
from tfapp.domains.images.classification.species.places import INPUTS, UNKNOWN
from tfapp.domains.images.classification.species.preprocessor import SpeciesPreprocessor
from tfapp.domains.images.classification.species.sightings import Sightings
from tfapp.domains.images.dataset import ImageDataset


@dataclass(frozen=True, eq=False, kw_only=True)
class SpeciesDataset(ImageDataset):
    """An `ImageDataset` that knows places.

    Args:
        places: name of an example → latitude, longitude and day of the year, NaN for
            what is not known; others have none.
        sightings: of the classes; None where no prior is wanted.
    """

    preprocessor: SpeciesPreprocessor
    places: Mapping[str, tuple[float, float, float]]
    sightings: Sightings | None = None

    def places_of(self, examples: Sequence[Example]) -> np.ndarray:
        """Return places, float64 array (examples, 3); see `Sightings`."""
        rows = [self.places.get(example.name, UNKNOWN) for example in examples]
        return np.array(rows, np.float64).reshape(-1, 3)

    def raw(self, example: Example) -> Mapping[str, Any]:
        """Return what a client would send: photo, place and day of the year."""
        place = self.places.get(example.name, UNKNOWN)
        return {**super().raw(example), **dict(zip(INPUTS, place, strict=True))}
