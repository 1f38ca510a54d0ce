"""What networks of volumes share."""

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo

MOMENTUM = 0.9
"""Of the moving averages of batch normalisation. Keras' 0.99 needs hundreds of steps,
and an epoch of few volumes has a dozen: validation would see averages that lag."""


def volume_shape(info: DataInfo) -> tuple[int, ...]:
    """Return (depth, height, width, channels) of the only input.

    Raises:
        ModelError: if the data has other inputs.
    """
    shape = info.only_input.shape
    if len(shape) != 4 or None in shape:
        raise ModelError(
            f"The network needs volumes (depth, height, width, channels) of one shape. "
            f"The data has {shape}."
        )
    return tuple(side or 0 for side in shape)
