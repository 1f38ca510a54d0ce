r"""Make photos with captions: flowers, described by a rule from their class and pixels.

    python benchmarks/flower_captions.py $TFAPP_DATA/flowers/train OUT
    tfapp fit OUT

Each photo gets two captions. The first has one form ("a yellow tulip in a bright
photo"), the second one of two at random. The flower is the name of the photo's folder;
the colour is the one that most pixels of the middle have, if enough have one; a photo
is bright or dark by its mean grey.
"""

import argparse
import csv
import random
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, MARGIN = 64, 16
"""Pixels of the small photo that colours are measured on, and outside its middle."""
ENOUGH = 60
"""Pixels of a colour without which a photo has none."""
BRIGHT = 115
"""Mean grey of a bright photo, of 255."""


def colour_of(photo: Image.Image) -> str:
    """Return the colour of the middle of a photo, "" for none."""
    small = np.asarray(photo.convert("HSV").resize((SIDE, SIDE))).astype(int)
    middle = small[MARGIN:-MARGIN, MARGIN:-MARGIN].reshape(-1, 3)
    hue, saturation, value = middle.T
    strong, weak = saturation >= 90, saturation >= 50
    counts = {
        "white": (saturation < 50) & (value > 150),
        "red": strong & ((hue < 10) | (hue > 245)),
        "pink": (weak & (hue > 205) & (hue <= 245)) | (weak & ~strong & (hue < 10)),
        "orange": strong & (hue >= 10) & (hue < 26),
        "yellow": strong & (hue >= 26) & (hue < 46),
        "purple": weak & (hue > 160) & (hue <= 205),
    }
    name = max(counts, key=lambda colour: int(counts[colour].sum()))
    return name if counts[name].sum() > ENOUGH else ""


def captions_of(
    photo: Image.Image, flower: str, generator: random.Random
) -> tuple[str, str]:
    """Return the two captions of a photo."""
    kind = f"{colour_of(photo)} {flower}".strip()
    article = "an" if kind[0] in "aeiou" else "a"
    light = "bright" if np.asarray(photo.convert("L")).mean() > BRIGHT else "dark"
    first = f"{article} {kind} in a {light} photo"
    others = (
        f"this {light} photo shows {article} {kind}",
        f"{article} {kind} seen from near, in a {light} picture",
    )
    return first, generator.choice(others)


def main() -> None:
    """Copy photos and write captions.csv."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("classes", type=Path, help="a folder of photos for each flower")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--each", type=int, default=50, help="photos of a flower")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    generator, rows = random.Random(0), []
    for folder in sorted(p for p in arguments.classes.iterdir() if p.is_dir()):
        files = sorted(folder.glob("*.jpg"))
        generator.shuffle(files)
        for file in files[: arguments.each]:
            shutil.copy(file, arguments.out / file.name)
            with Image.open(file) as opened:
                photo = opened.convert("RGB")
            flower = folder.name.removesuffix("s")
            both = captions_of(photo, flower, generator)
            rows += [(file.name, caption) for caption in both]
    generator.shuffle(rows)
    table = arguments.out / "captions.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=";").writerows([("image", "caption"), *rows])
    print(f"{len(rows)} captions: {table}")


if __name__ == "__main__":
    main()
