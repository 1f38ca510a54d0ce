"""Places of tables, photos and users."""

import io
import math

import pytest
from PIL import Image

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.images.classification.species.places import (
    exif_place,
    read_located,
    said_place,
)

HEADER = "path,latitude,longitude,date"


def table(tmp_path, *lines):
    """Write a table."""
    file = tmp_path / "table.csv"
    file.write_text("\n".join(lines))
    return file


def test_columns_have_the_names_of_others(tmp_path):
    """GBIF's names, semicolons and decimal commas; empty cells are unknown."""
    header = "decimalLatitude;decimalLongitude;eventDate;scientificName"
    file = table(tmp_path, header, "52,5;13,4;2026-05-31;Parus major", ";;;Pica pica")
    located = read_located(file, ("species",), "")
    assert located.places[0].tolist() == [52.5, 13.4, 151.0]
    assert all(map(math.isnan, located.places[1]))
    assert located.cell(1, "species") == "Pica pica"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [HEADER, "a.jpg,95,13,2026-05-31"],
            r"line 2: `latitude` is '95'. Expected -90 to 90.*swapped",
        ),
        ([HEADER, "a.jpg,5,-181,2026-05-31"], r"line 2: `longitude` is '-181'"),
        ([HEADER, "a.jpg,north,1,2026-05-31"], "Expected decimal degrees"),
        ([HEADER, "a.jpg,nan,1,2026-05-31"], "Expected decimal degrees"),
        ([HEADER, "a.jpg,1,1,02/03/2026"], "line 2: `date`: '02/03/2026' may begin"),
        (
            ["path,latitude,date", "a.jpg,1,2026-05-31"],
            r"missing columns \['longitude'\]",
        ),
        ([""], "missing columns .*The file is empty"),
    ],
)
def test_bad_tables_are_refused_by_line(tmp_path, lines, said):
    """Coordinates out of range, dates, missing columns, an empty file."""
    with pytest.raises(DataError, match=said):
        read_located(table(tmp_path, *lines), ("path",), "")


def test_a_missing_table_is_named(tmp_path):
    """One line."""
    with pytest.raises(DataError, match=r"There is no file .*gone\.csv"):
        read_located(tmp_path / "gone.csv", (), "")


def test_what_a_user_says():
    """Any part of it; other names and values out of range are refused."""
    said = {"latitude": "52.5", "longitude": "-13.4", "date": "31.05.2026"}
    assert said_place(said) == {
        "latitude": 52.5,
        "longitude": -13.4,
        "day_of_year": 151.0,
    }
    assert said_place({"date": "2026-01-02"}) == {"day_of_year": 2.0}
    assert all(map(math.isnan, said_place({}).values()))
    with pytest.raises(ConfigError, match="takes no 'lat'. Expected latitude"):
        said_place({"lat": "1"})
    with pytest.raises(ConfigError, match="`latitude` is '95'"):
        said_place({"latitude": "95"})
    with pytest.raises(ConfigError, match="'02/03/2026' may begin"):
        said_place({"date": "02/03/2026"})


def photo(**gps):
    """Return a JPEG that names a place and a day."""
    exif = Image.Exif()
    exif[0x8825] = {1: "S", 2: (33.0, 51.0, 36.0), 3: "E", 4: (151.0, 12.0, 0.0)} | {
        int(k[1:]): v for k, v in gps.items()
    }
    exif[0x8769] = {0x9003: "2026:05:31 08:00:00"}
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def test_a_photo_may_name_its_place():
    """South is negative; damaged parts and photos without any name none."""
    latitude, longitude, day = exif_place(photo())
    assert (latitude, longitude) == pytest.approx((-33.86, 151.2), abs=1e-3)
    assert day == 151
    latitude, longitude, day = exif_place(photo(_2=(133.0, 0.0, 0.0)))
    assert math.isnan(latitude)
    assert math.isnan(longitude)
    assert day == 151
    for content in (b"", b"no photo", photo()[:200]):
        assert math.isnan(exif_place(content)[0])
