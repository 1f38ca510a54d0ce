"""What a network for numbers receives, and the unit of what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.problems.regression.scaling import TargetScaling


@dataclass(frozen=True)
class NumberPreprocessor(ImagePreprocessor):
    """Encoded image to pixels; knows mean and deviation of the training numbers.

    Args:
        means: of the numbers; () before they are measured.
        deviations: of the numbers.
    """

    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()

    @property
    def scaling(self) -> TargetScaling:
        """How numbers become what the network answers."""
        return TargetScaling(self.means, self.deviations)

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description for `from_description`."""
        scaling = {"means": list(self.means), "deviations": list(self.deviations)}
        return {**super().describe(), **scaling}

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "NumberPreprocessor":
        """Rebuild what `describe` described."""
        tuples = {key: tuple(description[key]) for key in ("means", "deviations")}
        height, width = description["image_size"]
        return cls(**{**description, **tuples, "image_size": (height, width)})
