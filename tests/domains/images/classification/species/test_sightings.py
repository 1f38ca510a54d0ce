"""What of a table of sightings counts, and what is said of the rest."""

import numpy as np
import pytest

from tests.domains.images.classification.species.tables import (
    RANGES,
    drawn,
    write_sightings,
)
from tfapp.base.errors import DataError
from tfapp.domains.images.classification.species.sightings import (
    Sightings,
    read_sightings,
    species_key,
    thinned,
)

LABELS = tuple(RANGES)


def test_unknown_species_and_repetitions_are_counted(tmp_path):
    """Each is said once with its number, and the others count."""
    lines = [
        "latitude,longitude,date,species",
        "50,8,2026-05-01,ant",
        "50,8,2026-05-01,ant",
        "50,8,01.05.2026,ANT",
        "51,8,2026-05-01,dodo",
        "51,8,2026-05-01,dodo",
        "51,8,,bee",
        "51,9,2026-05-02,bee",
    ]
    file = tmp_path / "s.csv"
    file.write_text("\n".join(lines))
    seen, problems = read_sightings(file, LABELS)
    assert seen.species.tolist() == [0, 1]
    assert seen.places.tolist() == [[50, 8, 121], [51, 9, 122]]
    said = {p.kind: p.detail for p in problems}
    assert "2 sightings are of 1 species" in said["unknown species"]
    assert "'dodo' (2)" in said["unknown species"]
    assert said["listed twice"].startswith("2 sightings repeat")
    assert said["empty cells"] == "1 rows have empty cells."
    assert "no sighting of 'cow'" in said["never seen"]


def test_species_are_spelled_in_many_ways():
    """Case, underscores and the numbers of CUB's folders do not matter."""
    for name in (
        "House Sparrow",
        "house_sparrow",
        "118.House_Sparrow",
        " House sparrow",
    ):
        assert species_key(name) == "house sparrow"


def test_a_table_without_rows_is_refused(tmp_path):
    """It says how to do without."""
    file = tmp_path / "s.csv"
    file.write_text("latitude,longitude,date,species\n")
    with pytest.raises(DataError, match="no sightings below its header"):
        read_sightings(file, LABELS)


def test_many_sightings_become_few_rows(tmp_path):
    """Their number and their mean place stay."""
    places, species = drawn(3000, 0)
    seen, _ = read_sightings(
        write_sightings(tmp_path / "s.csv", places, species), LABELS
    )
    few = thinned(seen, 200)
    assert len(few) <= 200
    for number in range(3):
        own, fewer = seen.species == number, few.species == number
        assert few.weights[fewer].sum() == own.sum()
        mean = np.average(few.places[fewer], axis=0, weights=few.weights[fewer])
        np.testing.assert_allclose(mean, seen.places[own].mean(axis=0), rtol=1e-6)
    one = Sightings(np.zeros((1, 3)), np.zeros(1, int), np.ones(1))
    assert thinned(one) is one
