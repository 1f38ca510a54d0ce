"""Which frames of a clip count, and how large they are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from tfapp.base.errors import ConfigError


@dataclass(frozen=True)
class ClipLayout:
    """The form that all clips get.

    Args:
        frames: of a clip.
        height: of a frame, pixels.
        width: of a frame, pixels.
        channels: 3 for colours, 1 for grey.
        rate: frames per second, from the middle of the clip; 0 for frames that are
            evenly spread over the whole clip.
        shuffled: whether the frames of a clip are put into a random order, by which
            one can measure what the order is worth.
    """

    frames: int = 16
    height: int = 112
    width: int = 112
    channels: int = 3
    rate: float = 0.0
    shuffled: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers out of range.

        Raises:
            ConfigError: naming the option.
        """
        for name, value, low, high in (
            ("frames", self.frames, 2, 256),
            ("image_size", self.height, 4, 1024),
            ("image_size", self.width, 4, 1024),
            ("rate", self.rate, 0.0, 1000.0),
        ):
            if not low <= value <= high:
                raise ConfigError(
                    f"`data.options.{name}` must be from {low} to {high}. "
                    f"Received: {value}"
                )

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(frames, height, width, channels) of a clip."""
        return self.frames, self.height, self.width, self.channels

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return asdict(self)


def sample_frames(times: Sequence[float], layout: ClipLayout) -> list[int]:
    """Return which frames of a clip count, in order, with repetitions if it is short.

    A frame is shown from its time to that of the next one, whatever the rate: of
    each wanted moment the frame counts that is shown then.

    Args:
        times: when each frame is shown, s, increasing from 0.
        layout: how many frames, and at which rate.
    """
    count = layout.frames
    shown = np.asarray(times, np.float64)
    step = (shown[-1] - shown[0]) / max(1, len(shown) - 1)  # of the last frame
    whole = shown[-1] - shown[0] + step
    if layout.rate:
        length = count / layout.rate
        wanted = shown[0] + max(0.0, (whole - length) / 2)
        moments = wanted + (np.arange(count) + 0.5) / layout.rate
    else:
        moments = shown[0] + (np.arange(count) + 0.5) * whole / count
    places = np.searchsorted(shown, moments + 1e-9, side="right") - 1
    chosen: list[int] = np.clip(places, 0, len(shown) - 1).tolist()
    return chosen


def fit_frame(image: Image.Image, layout: ClipLayout) -> np.ndarray:
    """Return a frame as uint8 (height, width, channels): its middle, scaled.

    Other proportions lose what lies outside, as with photographs.
    """
    plain = image.convert("RGB" if layout.channels == 3 else "L")
    scale = max(layout.width / plain.width, layout.height / plain.height)
    size = layout.width / scale, layout.height / scale
    left, top = (plain.width - size[0]) / 2, (plain.height - size[1]) / 2
    box = (left, top, left + size[0], top + size[1])
    scaled = plain.resize(
        (layout.width, layout.height), Image.Resampling.BILINEAR, box=box
    )
    return np.asarray(scaled, np.uint8).reshape(layout.shape[1:])


def order_frames(clip: np.ndarray, layout: ClipLayout, key: int) -> np.ndarray:
    """Return a clip with its frames shuffled if the layout says so, by a number."""
    if not layout.shuffled:
        return clip
    return np.asarray(clip[np.random.default_rng(key).permutation(len(clip))])
