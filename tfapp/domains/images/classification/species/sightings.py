"""Sightings: which species was seen where and when, from a CSV table."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfapp.base.errors import DataError
from tfapp.base.names import folded
from tfapp.data.faults import Problem
from tfapp.domains.images.classification.species.dates import Order
from tfapp.domains.images.classification.species.places import Located, read_located

NUMBERED = re.compile(r"^\d+[._ ]+")
"""How names of classes begin in folders such as CUB's: 001.Black_footed_Albatross."""
NAMED = 3
"""Species that a line of a report names."""


@dataclass(frozen=True)
class Sightings:
    """What was seen where and when.

    Args:
        places: float64 array (rows, 3), latitude and longitude in degrees and day of
            the year.
        species: int array (rows,), class indices.
        weights: float array (rows,), how many sightings a row stands for.
    """

    places: np.ndarray
    species: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.species)


def read_sightings(
    table: Path, labels: Sequence[str], order: Order = ""
) -> tuple[Sightings, tuple[Problem, ...]]:
    """Read a table of latitude, longitude, date and species.

    Args:
        table: a CSV file; columns may have the names of eBird, GBIF or iNaturalist.
        labels: classes of the model. Spaces stand for underscores, and letters for
            their other case, where only one class is meant.
        order: of dates with slashes.

    Returns:
        the sightings of these classes, and what was left out: species that are no
        class, sightings that are listed twice, rows with empty cells.

    Raises:
        DataError: for missing columns, no rows, and what is out of range.
    """
    located = read_located(table, ("species",), order)
    if not located.rows:
        raise DataError(
            f"{table} has no sightings below its header. Add some, or leave "
            "data.options.sightings out."
        )
    classes = _by_key(labels)
    names = [located.cell(i, "species") for i in range(len(located.rows))]
    found = np.array([classes.get(species_key(name), -1) for name in names], int)
    whole = np.isfinite(located.places).all(axis=1) & np.array([*map(bool, names)])
    usable = whole & (found >= 0)
    pairs = np.column_stack([located.places, found])[usable]
    unique = np.unique(pairs, axis=0) if len(pairs) else pairs
    problems = (
        *_unknown(
            located,
            [n for n, ok, c in zip(names, whole, found, strict=True) if ok and c < 0],
        ),
        *_left_out(table, "empty cells", int((~whole).sum()), "rows have empty cells"),
        *_left_out(
            table,
            "listed twice",
            len(pairs) - len(unique),
            "sightings repeat place, date and species of another row and count once",
        ),
        *_never_seen(table, labels, unique),
    )
    ones = np.ones(len(unique))
    return Sightings(unique[:, :3], unique[:, 3].astype(int), ones), problems


def species_key(name: str) -> str:
    """Return what different spellings of a species share."""
    return folded(NUMBERED.sub("", name.replace("_", " ").strip())).strip()


def thinned(sightings: Sightings, most: int = 10_000) -> Sightings:
    """Return sightings in at most so many rows.

    Those of one species in one cell of the earth and the year become a row at their
    mean place. Cells begin with 0.05 degrees and 3 days, and double.
    """
    size, days = 0.05, 3.0
    while len(sightings) > most and size < 180:
        steps = np.array([size, size, days])
        cells = np.floor(sightings.places / steps)
        keys = np.column_stack([cells, sightings.species])
        _, first, number = np.unique(
            keys, axis=0, return_index=True, return_inverse=True
        )
        weights = np.bincount(number, sightings.weights)
        sums = [
            np.bincount(number, sightings.weights * column)
            for column in sightings.places.T
        ]
        places = np.column_stack(sums) / weights[:, None]
        sightings = Sightings(places, sightings.species[first], weights)
        size, days = 2 * size, 2 * days
    return sightings


def _by_key(labels: Sequence[str]) -> Mapping[str, int]:
    """Return the class of each spelling that means one class alone."""
    counts = Counter(map(species_key, labels))
    keys = {species_key(n): i for i, n in enumerate(labels)}
    return {key: i for key, i in keys.items() if counts[key] == 1}


def _unknown(located: Located, names: Sequence[str]) -> tuple[Problem, ...]:
    """Return the problem of species that are no class, () without any."""
    if not names:
        return ()
    counts = Counter(names).most_common()
    named = ", ".join(f"{name!r} ({count})" for name, count in counts[:NAMED])
    more = f" and {len(counts) - NAMED} more" if len(counts) > NAMED else ""
    detail = (
        f"{len(names)} sightings are of {len(counts)} species that are no class of "
        f"the photos: {named}{more}."
    )
    return (Problem(str(located.table), "unknown species", "note", detail),)


def _left_out(table: Path, kind: str, count: int, what: str) -> tuple[Problem, ...]:
    if not count:
        return ()
    return (Problem(str(table), kind, "note", f"{count} {what}."),)


def _never_seen(
    table: Path, labels: Sequence[str], rows: np.ndarray
) -> tuple[Problem, ...]:
    """Return the problem of classes without a sighting, () without any."""
    seen = set(rows[:, 3].astype(int))
    missing = [name for i, name in enumerate(labels) if i not in seen]
    if not missing:
        return ()
    named = ", ".join(map(repr, missing[:NAMED]))
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    detail = f"no sighting of {named}{more}; the base rate stands for them."
    return (Problem(str(table), "never seen", "note", detail),)
