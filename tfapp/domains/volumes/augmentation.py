"""Settings of the random changes of grids and clips."""

from typing import Literal

from pydantic import Field

from tfapp.recipes.config import Augmentation


class ClipAugmentation(Augmentation):
    """Random changes of training clips; everything is off by default."""

    mirror: bool = False


class VoxelAugmentation(Augmentation):
    """Random changes of training grids; everything is off by default."""

    quarter_turns: Literal["none", "first_axis", "all"] = Field(
        "none", description="about the first axis, or all that keep the shape"
    )
    mirror: bool = Field(False, description="also what a mirror shows")
    noise: float = Field(
        0.0,
        ge=0.0,
        le=0.5,
        description="greatest share of voxels that are flipped; of measured grids the "
        "greatest deviation of what is added, in deviations of the numbers",
    )
