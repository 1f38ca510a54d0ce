"""Tiny grids and clips that a network can learn in seconds."""

import numpy as np
from PIL import Image

from tests.domains.tiny import Tiny
from tfapp.domains.volumes.clips.motion import moving_dots


def grid(label, seed, side=8):
    """Return a uint8 grid of a bar along the first axis, or of a plate across it."""
    random = np.random.default_rng([seed, *label.encode()])
    values = (random.random((side, side, side)) < 0.02).astype(np.uint8)
    place, other = random.integers(0, side - 2, 2)
    if label == "bar":
        values[:, place : place + 2, other : other + 2] = 1
    else:
        values[place : place + 2, 1:-1, 1:-1] = 1
    return values


def write_grids(folder, count=24, side=8, labels=("bar", "plate")):
    """Write class folders of .npy grids, every third one as .npz."""
    for label in labels:
        (folder / label).mkdir(parents=True)
        for number in range(count):
            values = grid(label, number, side)
            if number % 3:
                np.save(folder / label / f"{number:03d}.npy", values)
            else:
                np.savez_compressed(folder / label / f"{number:03d}.npz", grid=values)
    return folder


def objects(folder):
    """Two classes of grids of eight voxels a side."""
    path = write_grids(folder / "objects")
    table = {
        "data": {
            "path": str(path),
            "batch_size": 16,
            "augmentation": {"quarter_turns": "first_axis", "noise": 0.02},
        },
        "model": {"name": "voxel_cnn", "options": {"filters": [4], "units": 4}},
        "training": {"epochs": 3, "learning_rate": 1e-2},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
        },
    }
    inputs = [path / "bar" / "000.npz", path / "plate" / "001.npy"]
    return Tiny(str(path), table, [str(file) for file in inputs])


def write_frames(folder, frames, name="frame_{:d}.png"):
    """Write frames as pictures into a folder."""
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / name.format(number))
    return folder


def write_gif(path, frames, delays=100):
    """Write frames as a GIF, each shown so many thousandths of a second."""
    first, *others = [Image.fromarray(frame) for frame in frames]
    first.save(path, save_all=True, append_images=others, duration=delays)
    return path


def movements(folder):
    """Two classes of clips, as GIFs and as folders of frames: dots to the left, right.

    The first frame of a folder of frames stands for the clip.
    """
    path = folder / "movements"
    for label in ("left", "right"):
        (path / label).mkdir(parents=True)
        for number in range(16):
            random = np.random.default_rng([number, len(label)])
            frames = moving_dots(label, random, 4, (8, 8))
            if number % 2:
                write_gif(path / label / f"{number:02d}.gif", frames)
            else:
                write_frames(path / label / f"{number:02d}", frames)
    table = {
        "data": {
            "path": str(path),
            "batch_size": 8,
            "options": {"frames": 4, "image_size": [8, 8], "channels": 1},
        },
        "model": {"name": "clip_cnn", "options": {"filters": [4], "units": 4}},
        "training": {"epochs": 3, "learning_rate": 1e-2},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
        },
    }
    inputs = [path / "left" / "01.gif", path / "right" / "00" / "frame_0.png"]
    return Tiny(str(path), table, [str(file) for file in inputs])


TINY = {"clip_classification": movements, "volume_classification": objects}
