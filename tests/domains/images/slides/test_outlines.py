"""Outlines read, drawn and written."""

import json

import numpy as np
import pytest
from matplotlib.path import Path as Line

from tests.domains.images.slides.made import square, write_outlines
from tfapp.domains.images.slides.reading.outlines import drawn, read_outlines


def test_drawn_pixels_have_their_centre_inside():
    """Matplotlib's rule for points says the same, for any polygon, also cut off."""
    random = np.random.default_rng(0)
    centres = np.indices((50, 60))[::-1].reshape(2, -1).T + 0.5
    for trial in range(20):
        angles = np.sort(random.uniform(0, 2 * np.pi, 12))
        lengths = random.uniform(5, 45, 12)
        ring = 25 + lengths[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
        outline = read(trial, ring.tolist())
        expected = Line(ring).contains_points(centres).reshape(50, 60)
        np.testing.assert_array_equal(drawn([outline], (60, 50), 1.0), expected)
        half = drawn([outline], (30, 25), 2.0)
        np.testing.assert_array_equal(
            half, Line(ring / 2).contains_points(centres).reshape(50, 60)[:25, :30]
        )


def read(trial, ring):
    """Return a ring as the outline that a file of it holds."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return read_outlines(write_outlines(Path(folder) / f"{trial}.json", [ring]))[0]


def test_forms_of_geojson(tmp_path):
    """Collections, lists, single features; names of classes old and new."""
    path = tmp_path / "a.geojson"
    polygon = {"type": "Polygon", "coordinates": [square(0, 0, 4)]}
    several = {"type": "MultiPolygon", "coordinates": [[square(0, 0, 4)]] * 2}
    point = {"type": "Point", "coordinates": [1, 2]}
    named = {"classification": {"name": "Tumor", "color": [1, 2, 3]}}
    features = [
        {"type": "Feature", "geometry": polygon, "properties": named},
        {"type": "Feature", "geometry": several, "properties": {"name": "b"}},
        {"type": "Feature", "geometry": polygon, "properties": {"classification": "c"}},
        {"type": "Feature", "geometry": polygon, "properties": None},
        {"type": "Feature", "geometry": point},
    ]
    for content in ({"type": "FeatureCollection", "features": features}, features):
        path.write_text(json.dumps(content))
        outlines = read_outlines(path)
        assert [o.name for o in outlines] == ["Tumor", "b", "c", ""]
        assert [len(o.polygons) for o in outlines] == [1, 2, 1, 1]
        assert outlines[0].bounds == (0, 0, 4, 4)
    path.write_text(json.dumps(features[0]))
    assert read_outlines(path)[0].name == "Tumor"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    assert read_outlines(path, may_be_empty=True) == ()
    with pytest.raises(ValueError, match="no feature and no area"):
        read_outlines(path)
