r"""Neural style on all pairs of pictures: losses, seconds, and one sheet to look at.

    python benchmarks/style.py $TFAPP_DATA/style_images out --steps 200 --size 256 \\
        --optimizers lbfgs adam --extractors vgg_small
    python benchmarks/style.py $TFAPP_DATA/style_images out --size 384 \\
        --extractors vgg_small mobilenet_v2 inception_v3 inception_small

A line for each network and optimiser: mean style loss of the photos as they are and of
the pictures, its reduction, the weighted loss, seconds of a picture by the clock and of
the processor; then on how many pairs the first optimiser ends below the second.
Pictures are kept in OUT and not drawn again; OUT/sheet.jpg shows them all, a row for
each photo and network.
"""

import argparse
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import tfapp
from tfapp.base.reporter import Reporter

CONTENTS = ("golden_gate", "hoovertowernight", "tubingen")
STYLES = ("shipwreck", "starry_night", "the_scream")
TILE = (192, 144)
Cell = Mapping[str, Any]


def main() -> None:
    """Draw what is missing, then print the tables and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--contents", nargs="+", default=CONTENTS)
    parser.add_argument("--styles", nargs="+", default=STYLES)
    parser.add_argument("--extractors", nargs="+", default=["vgg_small"])
    parser.add_argument("--optimizers", nargs="+", default=["lbfgs"])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    rows = [*itertools.product(arguments.extractors, arguments.optimizers)]
    pairs = [*itertools.product(arguments.contents, arguments.styles)]
    cells = {
        (*row, *pair): draw(arguments, *row, *pair) for row in rows for pair in pairs
    }
    print("| network | optimiser | style before | after | reduced | loss | s | cpu s |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print_row(row, [cells[(*row, *pair)] for pair in pairs])
    if len(arguments.optimizers) > 1:
        compare(arguments, pairs, cells)
    sheet(arguments, rows, cells).save(arguments.out / "sheet.jpg", quality=85)


def draw(
    arguments: argparse.Namespace,
    extractor: str,
    optimizer: str,
    content: str,
    style: str,
) -> Cell:
    """Return the figures of one picture, drawing it if need be."""
    options = f"{arguments.size}_{arguments.steps}"
    stem = f"{content}_{style}_{extractor}_{optimizer}_{options}"
    place, figures = arguments.out / f"{stem}.png", arguments.out / f"{stem}.json"
    if figures.exists():
        return {**json.loads(figures.read_text()), "picture": place}
    began, used = time.monotonic(), time.process_time()
    result = tfapp.stylize(
        find(arguments.pictures, content),
        [find(arguments.pictures, style)],
        out=place,
        size=arguments.size,
        steps=arguments.steps,
        optimizer=optimizer,
        extractor=extractor,
        overrides=arguments.overrides,
        runs_folder=arguments.out / "runs",
        reporter=Reporter(quiet=True),
    )
    options = json.loads((result.folder / "metrics.json").read_text())
    cell = {
        **result.metrics,
        "seconds": time.monotonic() - began,
        "cpu_seconds": time.process_time() - used,
        "drawing": sum(phase["seconds"] for phase in options["run"]["phases"]),
    }
    figures.write_text(json.dumps(cell))
    print(f"{stem}: {cell['style_reduction']:.1%}", flush=True)
    return {**cell, "picture": place}


def find(folder: Path, name: str) -> Path:
    """Return the picture of a name, whatever its format."""
    return next(path for path in sorted(folder.iterdir()) if path.stem == name)


def loss(cell: Cell) -> float:
    """Return the loss of a picture with the default weights."""
    from tfapp.domains.images.style.features.objective import Weights

    weights = Weights()
    return float(
        weights.content * cell["content_loss"]
        + weights.style * cell["style_loss"]
        + weights.variation * cell["variation"]
    )


def print_row(row: Sequence[str], cells: Sequence[Cell]) -> None:
    """Print the means of one network and optimiser."""
    keys = ("style_loss_of_content", "style_loss")
    before, after = (np.mean([cell[key] for cell in cells]) for key in keys)
    reduced = np.mean([cell["style_reduction"] for cell in cells])
    total = np.mean([loss(cell) for cell in cells])
    seconds, cpu = (
        np.mean([cell[key] for cell in cells]) for key in ("drawing", "cpu_seconds")
    )
    print(
        f"| {row[0]} | {row[1]} | {before:.3f} | {after:.4f} | {reduced:.1%} | "
        f"{total:.4f} | {seconds:.0f} | {cpu:.0f} |"
    )


def compare(
    arguments: argparse.Namespace, pairs: Sequence[Any], cells: Mapping[Any, Cell]
) -> None:
    """Print on how many pairs the first optimiser ends below the second."""
    one, other = arguments.optimizers[:2]
    for extractor in arguments.extractors:
        below = sum(
            loss(cells[(extractor, one, *pair)])
            < loss(cells[(extractor, other, *pair)])
            for pair in pairs
        )
        print(f"{extractor}: {one} ends below {other} on {below} of {len(pairs)} pairs")


def sheet(
    arguments: argparse.Namespace, rows: Sequence[Any], cells: Mapping[Any, Cell]
) -> Image.Image:
    """Return all pictures, a row for each photo and network, styles on top."""
    lines = [[None, *(find(arguments.pictures, s) for s in arguments.styles)]]
    for content in arguments.contents:
        for row in rows:
            drawn = [cells[(*row, content, s)]["picture"] for s in arguments.styles]
            lines.append([find(arguments.pictures, content), *drawn])
    width, height = TILE
    page = Image.new("RGB", (len(lines[0]) * width, len(lines) * height), "white")
    for top, line in enumerate(lines):
        for left, path in enumerate(line):
            if path is not None:
                with Image.open(path) as image:
                    small = image.convert("RGB")
                    small.thumbnail((width - 4, height - 4))
                page.paste(small, (left * width, top * height))
    return page


if __name__ == "__main__":
    main()
