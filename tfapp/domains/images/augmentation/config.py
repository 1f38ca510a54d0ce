"""The keys of `[data.augmentation]`; everything is off by default."""

from typing import Literal

from pydantic import Field

from tfapp.recipes.config import Augmentation


class MaskAugmentation(Augmentation):
    """Random changes of training images that their masks can follow."""

    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    rotate: float = Field(0.0, ge=0.0, le=0.5, description="share of a full turn")
    quarter_turns: bool = Field(False, description="also by 90, 180 or 270 degrees")
    zoom: float = Field(0.0, ge=0.0, lt=1.0, description="share of the image")
    shear: float = Field(0.0, ge=0.0, lt=1.5, description="radians")
    shift: float = Field(0.0, ge=0.0, lt=1.0, description="share of the image")
    contrast: float = Field(0.0, ge=0.0, lt=1.0)
    brightness: float = Field(0.0, ge=0.0, lt=1.0)


class ImageAugmentation(MaskAugmentation):
    """Random changes of training images with class names."""

    elastic: float = Field(
        0.0, ge=0.0, description="bends; standard deviation of a 5 x 5 grid, pixels"
    )
    shift_pixels: int = Field(0, ge=0, description="whole pixels; black comes in")
    rand_augment: int = Field(0, ge=0, le=10, description="operations, drawn per batch")
    rand_augment_magnitude: float = Field(0.3, ge=0.0, le=1.0)
    erase: float = Field(0.0, ge=0.0, le=1.0, description="chance per image")
    mixup: float = Field(0.0, ge=0.0, description="alpha of the Beta distribution")
    cutmix: float = Field(0.0, ge=0.0, le=1.0, description="alpha of the Beta")

    @property
    def mixing(self) -> tuple[str, ...]:
        """Return the keys that mix the labels of images and are switched on."""
        return tuple(key for key in ("mixup", "cutmix") if getattr(self, key))
