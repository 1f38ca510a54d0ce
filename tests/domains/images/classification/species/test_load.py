"""Photos, their places and sightings, as a dataset."""

import math

import numpy as np
import pytest
from PIL import Image

from tests.domains.images.classification.species.test_places import photo
from tfapp.base.errors import DataError
from tfapp.data import check_data, load_dataset
from tfapp.recipes.config import DataConfig


@pytest.fixture
def config(species_folder, tmp_path, monkeypatch):
    """Return a function: options of the data to its table in a recipe."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))

    def make(path="photos", **options):
        return DataConfig(
            path=str(species_folder / path),
            kind="species_photos",
            options={"image_size": [8, 8], **options},
        )

    return make


def tables(folder):
    """Return the options that name both tables."""
    return {n: str(folder / f"{n}.csv") for n in ("places", "sightings")}


def test_places_go_with_the_photos(config, species_folder):
    """Raw inputs hold them; only photos that are judged are looked up."""
    dataset = load_dataset(config(**tables(species_folder)), seed=0)
    example = dataset.examples["test"][0]
    raw = dataset.raw(example)
    assert set(raw) == {"image_bytes", "latitude", "longitude", "day_of_year"}
    relative = example.name.removeprefix(f"{species_folder}/")
    (line,) = [
        line
        for line in (species_folder / "places.csv").read_text().splitlines()
        if line.startswith(f"{relative},")
    ]
    assert raw["latitude"] == float(line.split(",")[1])
    assert math.isnan(dataset.raw(dataset.examples["train"][0])["latitude"])
    assert np.isfinite(dataset.places_of(dataset.examples["validation"])).all()
    assert len(dataset.sightings) == 600
    assert any("105 of 105 held-out photos" in note for note in dataset.notes)
    plain = load_dataset(config(), seed=0)
    assert plain.sightings is None
    assert plain.info.fingerprint != dataset.info.fingerprint


@pytest.mark.slow
def test_a_table_of_photos_may_hold_their_places(config, species_folder, tmp_path):
    """Columns next to path and label; a photo without any names its own in Exif."""
    lines = ["path,label,latitude,longitude,date"]
    for i in range(12):
        file = tmp_path / f"{i}.jpg"
        pixels = np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(file)
        lines.append(f"{i}.jpg,{'ant' if i % 2 else 'bee'},50,{i},2026-05-31")
    for i in range(12, 14):
        (tmp_path / f"{i}.jpg").write_bytes(photo() + bytes(i))
        lines.append(f"{i}.jpg,{'ant' if i % 2 else 'bee'},,,")
    (tmp_path / "photos.csv").write_text("\n".join(lines))
    dataset = load_dataset(config(tmp_path / "photos.csv"), seed=0)
    known = {name.rpartition("/")[2]: place for name, place in dataset.places.items()}
    for name, place in known.items():
        number = int(name.removesuffix(".jpg"))
        longitude = 151.2 if number >= 12 else number
        assert place[1] == pytest.approx(longitude)
        assert place[2] == 151


def test_the_check_says_what_is_left_out(config, species_folder, tmp_path):
    """Unknown species, repetitions and rows of no photo; mistakes are refusals."""
    table = tmp_path / "s.csv"
    rows = ["50,8,2026-05-01,ant", "50,8,2026-05-01,ant", "1,2,2026-05-01,dodo"]
    table.write_text("\n".join(["latitude,longitude,date,species", *rows]))
    places = tmp_path / "p.csv"
    places.write_text("path,latitude,longitude,date\ngone.png,1,2,2026-05-01\n")
    options = {"sightings": str(table), "places": str(places)}
    report = check_data(config(**options))
    kinds = {problem.kind for problem in report.problems}
    assert {"unknown species", "listed twice", "never seen", "unknown photos"} <= kinds
    table.write_text("latitude,longitude,date,species\n91,0,2026-05-01,ant\n")
    report = check_data(config(**options))
    (refusal,) = [p for p in report.problems if p.severity == "refused"]
    assert "line 2: `latitude` is '91'" in refusal.detail
    with pytest.raises(DataError, match="line 2: `latitude` is '91'"):
        load_dataset(config(**options), seed=0)
