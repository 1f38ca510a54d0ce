"""Made-up sightings with a known truth: each species has a range and a season."""

import numpy as np

RANGES = {
    "ant": (50.0, 8.0, 120.0),
    "bee": (50.0, 16.0, 120.0),
    "cow": (58.0, 12.0, 240.0),
}
"""Species → latitude and longitude of the centre in degrees, and day of the year."""
SPREAD = (2.0, 2.0, 25.0)


def drawn(count, seed):
    """Return places float (count, 3) and species int (count,) of random sightings."""
    random = np.random.default_rng(seed)
    species = random.integers(0, len(RANGES), count)
    centres = np.array([*RANGES.values()])
    places = centres[species] + random.normal(size=(count, 3)) * SPREAD
    places[:, 2] = np.clip(np.round(places[:, 2]), 1, 365)
    return np.round(places, 3), species


def day_text(day):
    """Return a day of the year 2026 as an ISO date."""
    return str(np.datetime64("2026-01-01") + int(day) - 1)


def write_sightings(path, places, species, names=tuple(RANGES)):
    """Write a table of sightings."""
    rows = [
        f"{a},{b},{day_text(day)},{names[s]}"
        for (a, b, day), s in zip(places.tolist(), species.tolist(), strict=True)
    ]
    path.write_text("\n".join(["latitude,longitude,date,species", *rows]))
    return path
