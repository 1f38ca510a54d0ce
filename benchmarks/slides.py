r"""Slides from crops of blood cells: learned from, scanned, judged and timed.

    python benchmarks/slides.py OUT --cells $TFAPP_DATA/blood_cells_bccd --target WBC
    python benchmarks/slides.py OUT --cells $TFAPP_DATA/blood_cells_bccd --side 100000 \
        --tests 1 --tissue 0.01

Slides are smears of crops of CELLS/train and of CELLS/test at known places (smears.py).
A network learns from the first (`tfapp fit`) and scans the others: figures next to the
truth; then for each slide tiles a second, the share of time reading, the ratio to the
bare network on the same batches, and the peak memory of the process. Slides and runs in
OUT are used again.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from smears import CROP, Smear, read_crops, write

import tfapp

SCAN = """
import json, re, sys, tfapp
from pathlib import Path
from tfapp.base.reporter import Reporter
slides, model, out, options = json.loads(sys.argv[1])
def peak():  # getrusage would count what the parent process held
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s*(\\d+)", status)[1]) / 1024
loaded = tfapp.load(model)
before = peak()
scanned = tfapp.scan(slides, loaded, out=out, reporter=Reporter(), **options)
facts = {**scanned.to_json(), "peak_megabytes": peak(), "loaded_megabytes": before}
print(json.dumps(facts))
scanned.require_good()
"""


def main() -> None:
    """Make slides, learn, scan, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--cells", type=Path, required=True)
    parser.add_argument("--target", default="WBC")
    parser.add_argument("--trains", type=int, default=6)
    parser.add_argument("--train-side", type=int, default=4800)
    parser.add_argument("--tests", type=int, default=2)
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument("--tissue", type=float, default=0.4)
    parser.add_argument("--rarity", type=int, default=120)
    parser.add_argument("--options", default="{}", help="of tfapp.scan, JSON")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    trains = make(arguments, "train", arguments.trains, arguments.train_side, 30)
    tests = make(arguments, "test", arguments.tests, arguments.side, arguments.rarity)
    model = arguments.out / "models" / "slides"
    if not model.exists():
        tfapp.fit(
            str(trains[0].parent),
            [f"data.options.patch_size={CROP}", *arguments.overrides],
            name="slides",
            runs_folder=arguments.out / "runs",
            saved_models=arguments.out / "models",
        )
    options = {"truth": str(tests[0].parent), **json.loads(arguments.options)}
    out = arguments.out / f"scans_{arguments.side}"
    report(scanned([*map(str, tests)], str(model), str(out), options), model)


def make(
    arguments: argparse.Namespace, part: str, count: int, side: int, rarity: int
) -> list[Path]:
    """Return slides of a part of the crops, writing those that are missing."""
    folder = arguments.out / f"{part}_{side}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{part}{number}.tif" for number in range(count)]
    crops = read_crops(arguments.cells / part)
    for number, path in enumerate(paths):
        if path.with_suffix(".geojson").exists():
            continue
        began = time.monotonic()
        seed = 100 * (part == "test") + number
        write(
            Smear(side, crops, arguments.target, seed, arguments.tissue, rarity), path
        )
        megabytes = path.stat().st_size / 1e6
        print(
            f"{path}: {megabytes:.1f} MB, {time.monotonic() - began:.0f} s", flush=True
        )
    return paths


def scanned(slides: list[str], model: str, out: str, options: dict) -> dict:
    """Scan in a process of its own; return what it prints."""
    words = json.dumps([slides, model, out, options])
    done = subprocess.run(
        [sys.executable, "-c", SCAN, words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TFAPP_OWN_PROCESS": "1"},  # as `tfapp scan` sets it
    )
    return json.loads(done.stdout.splitlines()[-1])


def report(result: dict, model: Path) -> None:
    """Print figures, and for each slide its speed next to the bare network's."""
    figures = result["figures"]
    for name in ("froc", "slide_auc", "cell_auc"):
        if figures.get(name) is not None:
            print(f"{name}: {figures[name]:.3f}, 95 % {figures[name + '_interval']}")
    print("sensitivities:", [round(s, 3) for s in figures["sensitivities"]])
    bare = bare_speed(result["slides"][0]["slide"], model)
    print(
        f"peak memory of the scan: {result['peak_megabytes']:.0f} MB, of which "
        f"TensorFlow and the network, loaded: {result['loaded_megabytes']:.0f} MB"
    )
    print(f"bare network: {bare:.0f} tiles/s")
    print("| slide | side | tiles | tiles/s | reading | waiting | of bare speed |")
    print("|---|---|---|---|---|---|---|")
    for one in result["slides"]:
        if not one["asked"]:
            continue
        print(
            f"| {Path(one['slide']).name} | {one['size'][0]} | {one['tiles']} | "
            f"{one['tiles_per_second']:.0f} | {one['reading_share']:.0%} | "
            f"{one['waiting_share']:.0%} | {one['tiles_per_second'] / bare:.2f} |"
        )


def bare_speed(slide: str, model: Path, batches: int = 20) -> float:
    """Return tiles a second of the network alone, on batches that are in memory."""
    from tfapp.domains.images.slides.reading.area import Marking, find_area
    from tfapp.domains.images.slides.reading.opening import open_slide
    from tfapp.domains.images.slides.scanning.grid import Grid
    from tfapp.domains.images.slides.scanning.network import patch_network
    from tfapp.domains.images.slides.scanning.patches import batches_of_tiles
    from tfapp.domains.images.slides.scanning.scale import scale_for

    network = patch_network(tfapp.load(model).predictor, str(model))
    with open_slide(slide) as opened:
        scaled, _ = scale_for(opened, network.mpp)
        grid = Grid(scaled, max(network.size) // 2, network.size)
        blocks = grid.blocks(grid.chosen(find_area(opened, Marking())))
        tiles = batches_of_tiles(grid, blocks, 32, 0)
        ready = [batch for batch, _ in zip(tiles, range(batches), strict=False)]
    network.answer(ready[0])
    began = time.monotonic()
    for batch in ready:
        network.answer(batch)
    return sum(map(len, ready)) / (time.monotonic() - began)


if __name__ == "__main__":
    main()
