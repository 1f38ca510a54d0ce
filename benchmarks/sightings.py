r"""Sightings with a known truth for any photos, and what a prior of them is worth.

    python benchmarks/sightings.py write "$TFAPP_DATA/flowers" out
    python benchmarks/sightings.py measure "$TFAPP_DATA/flowers" --seeds 0 1 2

`write` makes out/sightings.csv and out/places.csv for the recipe `birds/flowers`. Each
class has a range (a centre drawn between 47 and 55 degrees north and 6 and 16 east, a
spread of 200 km) and a season (a middle of its flowering drawn from March to October, a
spread of 30 days). Sightings and photos are drawn from it alike; a tenth of the
sightings lies anywhere and at any time, as mistakes and rarities do.

`measure` compares the answers of MobileNetV2's features and a linear head with those by
photo, place and date, for true sightings, for the same with species at random, for
sightings that each name the next species, and for a single sighting.
"""

import argparse
from pathlib import Path

import numpy as np
from small_sets import Featured, featured

from tfapp.base.intervals import paired_interval
from tfapp.base.reporter import Reporter
from tfapp.domains.images.classification.species.fitting import Fitted, fit_prior
from tfapp.domains.images.classification.species.sightings import Sightings
from tfapp.layers.logistic_regression import fit_best
from tfapp.machine.start import start_tensorflow
from tfapp.problems.classification.calibration import (
    apply_temperature,
    fit_temperature,
    log_losses,
)

HEADER = (
    "| sightings | seed | strength | km, days | accuracy: photo, both "
    "| log loss: photo, both | nats less, 95 % interval |"
)
KILOMETRES_A_DEGREE = 111.2
SPREAD_KM, SPREAD_DAYS, STRAY = 200.0, 30.0, 0.1
AREA = ((47.0, 55.0), (6.0, 16.0))
FIRST, LAST = 75.0, 290.0


class World:
    """Ranges and seasons of some classes.

    Args:
        classes: number of them.
        seed: of all that is drawn.
    """

    def __init__(self, classes: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        (south, north), (west, east) = AREA
        self.centres = np.column_stack(
            [
                self.random.uniform(south, north, classes),
                self.random.uniform(west, east, classes),
                self.random.uniform(FIRST, LAST, classes),
            ]
        )

    def places(self, species: np.ndarray, stray: float = 0.0) -> np.ndarray:
        """Return latitude, longitude and day of the year, float (rows, 3).

        Args:
            species: int array (rows,), class indices.
            stray: share of rows that lie anywhere, at any time.
        """
        centres = self.centres[species]
        narrower = np.cos(np.radians(centres[:, 0]))
        degrees = SPREAD_KM / KILOMETRES_A_DEGREE
        spread = np.column_stack(
            [
                np.full(len(species), degrees),
                degrees / narrower,
                np.full(len(species), SPREAD_DAYS),
            ]
        )
        places = centres + self.random.normal(size=(len(species), 3)) * spread
        (south, north), (west, east) = AREA
        anywhere = self.random.uniform(
            [south - 4, west - 6, 1], [north + 4, east + 6, 366], places.shape
        )
        astray = self.random.random(len(species)) < stray
        places = np.where(astray[:, None], anywhere, places)
        places[:, 2] = np.clip(np.round(places[:, 2]), 1, 365)
        return np.round(places, 3)

    def sightings(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return places and species of sightings."""
        species = self.random.integers(0, len(self.centres), count)
        return self.places(species, STRAY), species


def main() -> None:
    """Write tables, or print one of measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("write", "measure"))
    parser.add_argument("photos", help="folder of class folders, perhaps split")
    parser.add_argument("out", type=Path, nargs="?", default=Path("sightings"))
    parser.add_argument("--sightings", type=int, default=3000)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    if arguments.what == "write":
        write(Path(arguments.photos), arguments.out, arguments)
        return
    start_tensorflow(Reporter(quiet=True))
    print(HEADER + "\n" + "|---" * 7 + "|", flush=True)
    of = featured(arguments.photos, arguments.overrides)
    for seed in arguments.seeds:
        for row in rows(of, arguments.sightings, seed):
            print(row, flush=True)


def write(photos: Path, out: Path, arguments: argparse.Namespace) -> None:
    """Write sightings.csv, and places.csv of all photos."""
    files = sorted(p for p in photos.rglob("*") if p.suffix.lower() in (".jpg", ".png"))
    names = sorted({file.parent.name for file in files})
    world = World(len(names), arguments.seeds[0])
    places, species = world.sightings(arguments.sightings)
    own = world.places(np.array([names.index(file.parent.name) for file in files]))
    out.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{cells(place)},{names[s]}" for place, s in zip(places, species, strict=True)
    ]
    _save(out / "sightings.csv", "latitude,longitude,date,species", lines)
    lines = [
        f"{file.relative_to(photos)},{cells(place)}"
        for file, place in zip(files, own, strict=True)
    ]
    _save(out / "places.csv", "path,latitude,longitude,date", lines)


def cells(place: np.ndarray) -> str:
    """Return a place as the cells of a row."""
    day = np.datetime64("2026-01-01") + int(place[2]) - 1
    return f"{place[0]},{place[1]},{day}"


def rows(of: Featured, count: int, seed: int) -> list[str]:
    """Return a row for each kind of sightings."""
    num_classes = len(of.dataset.info.labels)
    pairs = {s: (of.features[s], of.labels[s]) for s in of.features}
    head = fit_best(pairs["train"], pairs["validation"], num_classes)
    held, logits = (head.logits(of.features[s]) for s in ("validation", "test"))
    temperature = fit_temperature(held, of.labels["validation"])
    logs = [np.log(apply_temperature(part, temperature)) for part in (held, logits)]
    world = World(num_classes, seed)
    places, species = world.sightings(count)
    validation, test = (world.places(of.labels[s]) for s in ("validation", "test"))
    random = np.random.default_rng(seed)
    kinds = {
        "true": (places, species),
        "species at random": (places, random.permutation(species)),
        "the next species": (places, (species + 1) % num_classes),
        "a single one": (places[:1], species[:1]),
    }
    shares = np.bincount(of.labels["train"], minlength=num_classes) + 0.0
    result = []
    for name, (where, which) in kinds.items():
        seen = Sightings(where, which, np.ones(len(which)))
        fitted = fit_prior(
            seen, shares / shares.sum(), logs[0], of.labels["validation"], validation
        )
        result.append(row(name, seed, fitted, logs[1], of.labels["test"], test))
    return result


def row(
    name: str,
    seed: int,
    fitted: Fitted,
    logs: np.ndarray,
    labels: np.ndarray,
    places: np.ndarray,
) -> str:
    """Return the row of one prior on test photos."""
    prior = fitted.prior
    both = prior.combined(logs, places) if prior else logs
    right = [float((x.argmax(axis=1) == labels).mean()) for x in (logs, both)]
    losses = [log_losses(x, labels) for x in (logs, both)]
    low, high = paired_interval(losses[0] - losses[1]) or (0.0, 0.0)
    kernel = f"{prior.kilometres:g}, {prior.days:g}" if prior else "–"
    return (
        f"| {name} | {seed} | {prior.strength if prior else 0:g} | {kernel} "
        f"| {right[0]:.2%}, {right[1]:.2%} "
        f"| {losses[0].mean():.4f}, {losses[1].mean():.4f} "
        f"| {(losses[0] - losses[1]).mean():.4f}, {low:.4f} to {high:.4f} |"
    )


def _save(path: Path, header: str, lines: list[str]) -> None:
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
