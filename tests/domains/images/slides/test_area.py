"""What is scanned: tissue, masks, outlines."""

import numpy as np
import pytest
from PIL import Image

from tests.domains.images.slides.made import (
    PALE,
    STRONG,
    blank,
    blob,
    square,
    write_outlines,
    write_slide,
)
from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.images.slides.reading.area import Marking, find_area
from tfapp.domains.images.slides.reading.opening import open_slide
from tfapp.domains.images.slides.reading.tissue import otsu, tissue_mask


def overlap(mask, x, y, radius):
    """Return the share of a disc that a mask holds."""
    rows, columns = np.indices(mask.shape)
    disc = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 <= (radius - 2) ** 2
    return mask[disc].mean()


def test_otsu_is_the_best_of_all_thresholds():
    """Brute force over all edges finds no larger variance between classes."""
    random = np.random.default_rng(0)
    values = np.concatenate(
        [random.normal(0.1, 0.03, 700), random.normal(0.5, 0.1, 200)]
    )
    values = np.clip(values, 0, 1)
    threshold, contrast, clearness = otsu(values)

    def between(edge):
        low, high = values[values < edge], values[values >= edge]
        if not (len(low) and len(high)):
            return 0.0
        return len(low) * len(high) / len(values) ** 2 * (high.mean() - low.mean()) ** 2

    best = max(between(edge) for edge in np.arange(1, 256) / 256)
    assert between(threshold) == pytest.approx(best, rel=0.02)
    assert contrast == pytest.approx(0.4, abs=0.03)
    spread = values[values < threshold].std()
    assert clearness == pytest.approx(contrast / spread, rel=0.03)


def test_pale_and_strong_tissue_is_kept_without_glass():
    """Neither hides the other."""
    picture = blank()
    blob(picture, 250, 300, 120, STRONG)
    blob(picture, 700, 400, 150, PALE)
    mask = tissue_mask(picture)
    assert overlap(mask, 250, 300, 120) == 1
    assert overlap(mask, 700, 400, 150) > 0.98
    assert mask[:100].mean() < 0.001


def test_a_hundredth_of_the_slide_is_found_if_it_is_hardly_stained():
    """As a thin smear is, seen from afar: 9 of 255 grey levels between channels."""
    picture = blank()
    blob(picture, 400, 300, 50, (242, 233, 240))
    mask = tissue_mask(picture)
    assert overlap(mask, 400, 300, 50) > 0.98
    assert mask.mean() < 0.0105


@pytest.mark.parametrize(
    "color",
    [(30, 60, 200), (20, 150, 60), (25, 25, 30)],
    ids=["blue", "green", "black"],
)
def test_ink_is_not_tissue(color):
    """A ring of ink around tissue is left out, and so is ink upon it."""
    picture = blank()
    blob(picture, 500, 400, 200, STRONG)
    picture[20:60, 100:900] = color
    picture[380:400, 350:650] = color
    mask = tissue_mask(picture)
    assert not mask[20:60, 100:900].any()
    assert mask[384:396, 360:640].mean() < 0.05
    assert overlap(mask, 500, 400, 200) > 0.8


def test_small_holes_are_filled_and_large_ones_are_not():
    """A hole of the size of a vessel is tissue; a lumen is not."""
    picture = blank()
    blob(picture, 500, 380, 300, STRONG)
    blob(picture, 400, 380, 12, (244, 242, 245))
    blob(picture, 620, 380, 90, (244, 242, 245))
    mask = tissue_mask(picture)
    assert overlap(mask, 400, 380, 12) == 1
    assert overlap(mask, 620, 380, 90) < 0.05


@pytest.mark.parametrize("color", [None, (120, 120, 120)], ids=["empty", "grey"])
def test_a_slide_without_tissue_is_one_line(color, tmp_path):
    """Glass alone, and what has no colour; the message says how to go on."""
    picture = blank()
    if color:
        blob(picture, 500, 400, 200, color)
    path = write_slide(tmp_path / "a.tif", picture)
    with open_slide(path) as slide:
        with pytest.raises(DataError, match="has no tissue.*--mask.*--whole"):
            find_area(slide, Marking())
        area = find_area(slide, Marking(whole=True))
    assert area.share == 1
    assert area.shown().size == (1024, 768)


def test_own_masks_and_outlines(tmp_path):
    """They are taken as they are, from files and from folders."""
    path = write_slide(tmp_path / "a.tif", blank())
    mask = np.zeros((96, 128), np.uint8)
    mask[:48, :64] = 1
    (tmp_path / "masks").mkdir()
    Image.fromarray(mask).save(tmp_path / "masks" / "a.png")
    hole = [square(0, 0, 400), square(100, 100, 200)]
    outline = write_outlines(tmp_path / "o.geojson", [hole[0]])
    outline.write_text(outline.read_text().replace(str([hole[0]]), str(hole)))
    with open_slide(path) as slide:
        for given in (tmp_path / "masks", tmp_path / "masks" / "a.png"):
            area = find_area(slide, Marking(mask=str(given)))
            assert area.mask[:384, :512].all()
            assert area.share == pytest.approx(0.25)
        area = find_area(slide, Marking(outline=str(outline)))
        assert area.mask.sum() == 400**2 - 200**2
        assert "o.geojson" in area.source


def test_marks_that_do_not_fit_are_one_line(tmp_path):
    """Each message names the file."""
    path = write_slide(tmp_path / "a.tif", blank())
    Image.new("L", (100, 100), 255).save(tmp_path / "wide.png")
    Image.new("L", (128, 96)).save(tmp_path / "black.png")
    write_outlines(tmp_path / "far.geojson", [square(5000, 0, 10)])
    lines = write_outlines(tmp_path / "lines.geojson", [[1, 2]], kind="LineString")
    (tmp_path / "broken.geojson").write_text("{")
    (tmp_path / "short.geojson").write_text(
        lines.read_text().replace("LineString", "Polygon")
    )
    with open_slide(path) as slide:
        for marking, why in [
            (Marking(mask=str(tmp_path / "wide.png")), "not the proportions"),
            (Marking(mask=str(tmp_path / "black.png")), "is empty"),
            (Marking(mask=str(tmp_path / "none.png")), "There is no"),
            (Marking(mask=str(tmp_path / "broken.geojson")), "is no picture"),
            (Marking(outline=str(tmp_path / "far.geojson")), "outside the slide"),
            (Marking(outline=str(lines)), "1 LineString and no area"),
            (Marking(outline=str(tmp_path / "broken.geojson")), "is no GeoJSON"),
            (
                Marking(outline=str(tmp_path / "short.geojson")),
                "feature 1 is no outline",
            ),
        ]:
            with pytest.raises(DataError, match=why):
                find_area(slide, marking)
    with pytest.raises(ConfigError, match="Choose one"):
        Marking(mask="a", whole=True)
