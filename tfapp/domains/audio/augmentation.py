"""Settings of the random changes of recordings; everything is off by default."""

from pydantic import Field

from tfapp.recipes.config import Augmentation


class AudioAugmentation(Augmentation):
    """Random changes of training recordings."""

    speed: float = Field(
        0.0, ge=0.0, lt=0.5, description="share; pitch and voice change with it"
    )
    noise: float = Field(
        0.0, ge=0.0, le=2.0, description="largest; of the recording's own level"
    )
    tilt: float = Field(
        0.0, ge=0.0, lt=1.0, description="more treble or bass, as other microphones"
    )
