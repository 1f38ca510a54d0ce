"""Heat maps, lesions, figures next to the truth."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from tests.domains.images.slides.made import blank, blob, square, write_slide
from tfapp.domains.images.slides.reading.area import Area
from tfapp.domains.images.slides.reading.opening import open_slide
from tfapp.domains.images.slides.reading.outlines import Outline, drawn
from tfapp.domains.images.slides.results.deepzoom import TILE, write_view
from tfapp.domains.images.slides.results.froc import (
    RATES,
    _of_squares,
    figures_of,
    froc_at,
    froc_curve,
)
from tfapp.domains.images.slides.results.heat import Heat
from tfapp.domains.images.slides.results.judging import Judged, judge
from tfapp.domains.images.slides.results.lesions import (
    Point,
    lesion_points,
    lesions_csv,
    lesions_geojson,
    regions,
)


def heat_of(values, cell=10.0, mpp=0.5):
    """Return a map of values on a slide that it covers."""
    values = np.asarray(values, np.float32)
    size = (int(values.shape[1] * cell), int(values.shape[0] * cell))
    return Heat(values, cell, size, mpp)


def outline(left, top, side):
    """Return a square outline."""
    return Outline("", ((np.array(square(left, top, side), float),),))


def suppressed(heat, threshold, radius):
    """Return points by the definition: the largest value, its disc set to 0, again."""
    values = np.nan_to_num(heat.values).astype(float)
    rows, columns = np.indices(values.shape)
    points = []
    while values.max() >= threshold:
        row, column = np.unravel_index(np.argmax(values), values.shape)
        x, y = heat.centre(row, column)
        points.append(Point(x, y, values[row, column]))
        distance = np.hypot(rows - row, columns - column) * heat.cell
        values[distance <= radius + 1e-6] = 0
    return tuple(points)


def test_points_are_those_of_the_definition():
    """Non-maximum suppression equals the loop of its definition, ties included."""
    random = np.random.default_rng(0)
    for trial in range(10):
        values = random.integers(0, 12, (20, 25)) / 12
        values[random.random(values.shape) < 0.2] = np.nan
        heat = heat_of(values)
        for radius in (0, 10, 25, 60):
            found = lesion_points(heat, 0.4, radius)
            assert found == pytest.approx(suppressed(heat, 0.4, radius)), trial


def test_regions_hold_the_cells_above_the_threshold():
    """Drawn again, they are the cells; holes are holes, and scale is the slide's."""
    values = np.zeros((30, 40))
    values[5:20, 8:30] = 1
    values[10:14, 15:20] = 0
    values[25:28, 2:6] = np.nan
    heat = heat_of(values)
    parts = regions(heat, 0.5)
    assert [len(part["coordinates"]) for part in parts] == [2]
    polygons = tuple(
        tuple(np.array(ring) for ring in part["coordinates"]) for part in parts
    )
    again = drawn([Outline("", polygons)], (40, 30), 10.0)
    np.testing.assert_array_equal(again, values == 1)


def test_files_of_lesions():
    """GeoJSON has classes, points and probabilities; CSV has microns where known."""
    points = (Point(10.0, 20.0, 0.75),)
    areas = [{"type": "Polygon", "coordinates": [square(0, 0, 4)]}]
    content = json.loads(lesions_geojson("Tumor", points, areas))
    kinds = [f["geometry"]["type"] for f in content["features"]]
    assert kinds == ["Polygon", "Point"]
    properties = content["features"][1]["properties"]
    assert properties["classification"]["name"] == "Tumor"
    assert properties["measurements"] == {"probability": 0.75}
    assert lesions_csv(points, 0.5).splitlines()[1] == "10.0,20.0,5.00,10.00,0.750000"
    assert lesions_csv(points, 0).splitlines()[1] == "10.0,20.0,,,0.750000"


def test_heat_map_as_pictures(tmp_path):
    """The TIFF has the slide's extent and resolution, its coarse levels the maxima."""
    values = np.full((90, 120), np.nan)
    values[:60, :60] = 0.2
    values[41, 33] = 1.0
    heat = heat_of(values, cell=50.0, mpp=0.25)
    assert heat.score == 1.0
    with Image.open(io.BytesIO(heat.png())) as png:
        assert png.size == (120, 90)
        assert png.getpixel((100, 80))[3] == 0
        assert png.getpixel((5, 5))[3] == 102
        assert png.getpixel((33, 41))[3] == 255
    heat.write_tiff(tmp_path / "heat.tif")
    with open_slide(tmp_path / "heat.tif") as slide:
        extent = [side * slide.mpp for side in slide.size]
        assert extent == pytest.approx([0.25 * side for side in heat.size], rel=1e-3)
        assert len(slide.levels) == 2
        for number, level in enumerate(slide.levels):
            whole = slide.read(number, 0, 0, level.width, level.height)
            grey = np.asarray(whole)[..., 0]
            assert grey.max() == 255, "a single cell is seen at any scale"
            rows, columns = np.nonzero(grey == 255)
            place = [np.mean(p + 0.5) * level.downsample for p in (columns, rows)]
            assert np.abs(np.array(place) - [4 * 33.5, 4 * 41.5]).max() < 4
            assert grey[0, 0] == 51
            assert grey[-1, -1] == 0


def test_view_has_fine_tiles_where_tissue_is(tmp_path):
    """Levels follow Deep Zoom's numbers; glass has coarse tiles alone."""
    picture = blank(2048, 1024)
    blob(picture, 300, 300, 200, (190, 90, 160))
    path = write_slide(tmp_path / "a.tif", picture)
    mask = np.zeros((128, 256), bool)
    mask[12:64, 12:64] = True
    with open_slide(path) as slide:
        area = Area(mask, 8.0, picture[::8, ::8], "")
        view = write_view(slide, area, tmp_path, 2048)
        assert write_view(slide, area, tmp_path / "small", 600).downsample == 4
    assert view.size == (2048, 1024)
    assert len(view.tiles) == 12
    assert set(view.tiles[11]) == {(0, 0)}
    assert set(view.tiles[8]) == {(0, 0)}
    with Image.open(tmp_path / "view_files" / "11" / "0_0.jpg") as tile:
        assert tile.size == (TILE, TILE)
        shown = np.asarray(tile).astype(int)
        assert np.abs(shown - picture[:TILE, :TILE]).mean() < 6
    with Image.open(tmp_path / "view_files" / "0" / "0_0.jpg") as tile:
        assert tile.size == (1, 1)
    assert 'Width="2048"' in (tmp_path / "view.dzi").read_text()


def lesions_hit(points, outlines):
    """Return the number of the outline in which each point lies, else -1."""
    return [
        next(
            (
                i
                for i, o in enumerate(outlines)
                if o.bounds[0] < x < o.bounds[2] and o.bounds[1] < y < o.bounds[3]
            ),
            -1,
        )
        for x, y, _ in points
    ]


def brute_force(slides):
    """Return sensitivities at the rates, by trying every threshold on every slide."""
    thresholds = sorted({p[2] for points, _ in slides for p in points}) + [np.inf]
    total = sum(len(outlines) for _, outlines in slides)
    best = dict.fromkeys(RATES, 0.0)
    for threshold in thresholds:
        false = hits = 0
        for points, outlines in slides:
            kept = [p for p in points if p[2] >= threshold]
            numbers = lesions_hit(kept, outlines)
            false += numbers.count(-1)
            hits += len(set(numbers) - {-1})
        for rate in RATES:
            if false / len(slides) <= rate:
                best[rate] = max(best[rate], hits / total)
    return list(best.values())


def test_froc_equals_brute_force():
    """On random points and lesions, curve and rates are those of the definition."""
    random = np.random.default_rng(1)
    heat = heat_of(np.zeros((100, 100)))
    for _ in range(15):
        slides, judged = [], []
        for _ in range(3):
            outlines = [
                outline(200 * i + 20, 200 * int(random.integers(5)) + 30, 80)
                for i in range(int(random.integers(0, 4)))
            ]
            values = random.integers(1, 30, 25) / 30
            places = random.uniform(0, 1000, (25, 2))
            places[:3] = (
                [[outlines[0].bounds[0] + 9] * 2] * 3 if outlines else places[:3]
            )
            points = [(x, y, s) for (x, y), s in zip(places, values, strict=True)]
            slides.append((points, outlines))
            judged.append(judge(heat, [Point(*p) for p in points], outlines))
        if any(outlines for _, outlines in slides):
            assert froc_at(*froc_curve(judged)) == pytest.approx(brute_force(slides))


def test_perfect_is_1_and_random_is_near_0(monkeypatch):
    """A map of the truth itself, and one of noise, on slides with and without."""
    random = np.random.default_rng(0)
    monkeypatch.setattr("tfapp.domains.images.slides.results.froc.DRAWS", 60)
    perfect, noise = [], []
    for number in range(12):
        lesions = [outline(100, 200, 60), outline(600, 500, 60)] if number % 2 else []
        truth = drawn(lesions, (100, 100), 10.0).astype(float)
        for values, judged in ((truth, perfect), (random.random((100, 100)), noise)):
            heat = heat_of(values)
            points = lesion_points(heat, 0.05, 30.0)
            judged.append(judge(heat, points, lesions))
    good, bad = figures_of(perfect), figures_of(noise)
    assert (good.froc, good.slide_auc, good.cell_auc) == (1.0, 1.0, 1.0)
    assert good.froc_interval == (1.0, 1.0)
    assert (good.slides, good.lesions) == (12, 12)
    assert bad.froc < 0.1
    assert bad.cell_auc == pytest.approx(0.5, abs=0.05)
    low, high = bad.cell_auc_interval
    assert low < bad.cell_auc < high
    alone = figures_of(perfect[1:2])
    assert (alone.froc, alone.slide_auc, alone.slide_auc_interval) == (1.0, None, None)


def test_the_auc_of_drawn_squares_is_that_of_their_cells():
    """Weights of squares give what their cells give when they are written out."""
    random = np.random.default_rng(0)
    slides = []
    for _ in range(2):
        cells = np.stack(
            [
                random.integers(0, 9, 200) / 9,
                random.integers(0, 2, 200),
                random.integers(0, 12, 200),
            ],
            axis=1,
        )
        slides.append(Judged(1, np.zeros((0, 2)), cells, 0.5))
    together = np.concatenate([one.cells for one in slides])
    count, auc = _of_squares(slides, together)
    assert count == 24
    parts = [one.cells[one.cells[:, 2] == k] for one in slides for k in range(12)]
    chosen = random.integers(0, 24, 24)
    cells = np.concatenate([parts[i] for i in chosen])
    expected = roc_auc_score(cells[:, 1], cells[:, 0])
    assert auc(chosen) == pytest.approx(expected)


def test_figures_without_a_lesion_or_a_point():
    """Nothing is divided by 0."""
    none = Judged(0, np.zeros((0, 2)), np.array([[0.1, 0, 0], [0.2, 0, 1]]), 0.2)
    empty = figures_of([none])
    assert (empty.froc, empty.cell_auc, empty.sensitivities) == (None, None, ())
    missed = Judged(2, np.zeros((0, 2)), np.array([[0.1, 0, 0], [0.2, 1, 1]]), 0.2)
    assert figures_of([missed]).froc == 0.0
