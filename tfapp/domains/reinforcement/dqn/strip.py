"""What an agent saw and valued: a strip of pictures, and a short film."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tfapp.base.files import replacing
from tfapp.domains.reinforcement.dqn.playing import Recording
from tfapp.report.blocks import Gallery, Tile

FILM = "episode.webp"
"""Name of the file of a film."""
MOMENTS = 12
"""Pictures of a strip."""
HEIGHT = 160
"""Pixels of a picture."""
MILLISECONDS = 66
"""That a picture of a film lasts; one of Atari is four frames of 60 a second."""
QUALITY = 60


def strip(recording: Recording) -> Gallery:
    """Return evenly spread moments of an episode with the values of its actions.

    Args:
        recording: of the episode.
    """
    count = min(MOMENTS, len(recording.pictures))
    chosen = np.linspace(0, len(recording.pictures) - 1, count).astype(int)
    tiles = tuple(
        Tile(_png(recording.pictures[i]), "image/png", _caption(recording, i))
        for i in chosen
    )
    return Gallery("An episode, step by step", tiles)


def _caption(recording: Recording, step: int) -> str:
    values, names = recording.values[step], recording.names
    action = names[recording.actions[step]]
    if values is None:
        return f"step {step + 1}: {action}, by chance"
    pairs = zip(names, values, strict=True)
    shown = ", ".join(f"{name} {value:.2f}" for name, value in pairs)
    return f"step {step + 1}: {action}; Q: {shown}"


def write_film(path: Path, recording: Recording) -> None:
    """Write an episode as an animated WebP file, whole or not at all."""
    first, *others = (_small(picture) for picture in recording.pictures)
    with replacing(path) as temporary:
        first.save(
            temporary,
            "WEBP",
            save_all=True,
            append_images=others,
            duration=MILLISECONDS,
            loop=0,
            quality=QUALITY,
            method=0,
        )


def _small(picture: np.ndarray) -> Image.Image:
    """Return a picture in the height of all films."""
    image = Image.fromarray(picture)
    width = max(1, round(image.width * HEIGHT / image.height))
    return image.resize((width, HEIGHT), Image.Resampling.NEAREST)


def _png(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    _small(picture).save(stream, "PNG")
    return stream.getvalue()
