r"""Make clips of video: a camera moves over photos, and its movement is the class.

    python benchmarks/camera_clips.py $TFAPP_DATA/flowers/train OUT
    tfapp fit OUT

Each clip is an MP4 file of one photo that no other clip shows, so nothing but the
movement tells the class: left, right, up, down, nearer, farther. Speed, place, frame
rate and length differ from clip to clip.
"""

import argparse
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

MOVES = {
    "down": (0, 1, 0),
    "farther": (0, 0, 1),
    "left": (-1, 0, 0),
    "nearer": (0, 0, -1),
    "right": (1, 0, 0),
    "up": (0, -1, 0),
}
"""Direction of each class: across, down, and how the part that is seen grows."""
SIDE = 112
"""Pixels of a frame."""
SMALL, LARGE = 0.45, 0.75
"""Share of the photo's shorter side that a frame shows, at least and at most."""


def frames_of(
    photo: Image.Image, move: str, count: int, generator: random.Random
) -> Iterator[Image.Image]:
    """Yield the frames of a clip."""
    across, down, growth = MOVES[move]
    short = min(photo.size)
    travel = generator.uniform(0.12, 0.3)
    middle = (
        generator.uniform(SMALL + travel / 2, LARGE - travel / 2)
        if growth
        else (generator.uniform(SMALL, LARGE - travel))
    )
    room = short * (1 - middle - travel)
    x, y = (
        (length - short) / 2 + short * (middle + travel) / 2 + generator.random() * room
        for length in photo.size
    )
    for frame in range(count):
        step = travel * (frame / (count - 1) - 0.5)
        half = short * (middle + growth * step) / 2
        left, top = x + across * step * short, y + down * step * short
        box = (left - half, top - half, left + half, top + half)
        yield photo.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)


def write_clip(path: Path, frames: Iterator[Image.Image], rate: int) -> None:
    """Write an MP4 file of frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(rate))
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 1_000_000
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode())


def main() -> None:
    """Write folders of clips, one for each movement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, help="folders of photos")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--each", type=int, default=60, help="clips of a movement")
    arguments = parser.parse_args()
    generator = random.Random(0)
    photos = sorted(arguments.photos.rglob("*.jpg"))
    generator.shuffle(photos)
    wanted = arguments.each * len(MOVES)
    if len(photos) < wanted:
        parser.error(f"{wanted} clips need as many photos; received {len(photos)}")
    for number, file in enumerate(photos[:wanted]):
        move = list(MOVES)[number % len(MOVES)]
        folder = arguments.out / move
        folder.mkdir(parents=True, exist_ok=True)
        with Image.open(file) as opened:
            photo = opened.convert("RGB")
        count, rate = generator.randint(20, 48), generator.choice((12, 24, 30))
        frames = frames_of(photo, move, count, generator)
        write_clip(folder / f"{number:04}.mp4", frames, rate)
    print(f"{wanted} clips of {len(MOVES)} movements: {arguments.out}")


if __name__ == "__main__":
    main()
