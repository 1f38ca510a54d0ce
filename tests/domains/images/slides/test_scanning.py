"""Networks moved over slides, with networks of NumPy and of Keras."""

import numpy as np
import pytest

from tests.domains.images.slides.made import STRONG, blank, blob, write_slide
from tfapp.base.errors import ConfigError, DataError, UnknownNameError
from tfapp.domains.images.slides.reading.area import Area, Marking, find_area
from tfapp.domains.images.slides.reading.opening import open_slide
from tfapp.domains.images.slides.reading.slide import Scaled
from tfapp.domains.images.slides.scanning.answers import AnswerFile
from tfapp.domains.images.slides.scanning.asking import answer_slide
from tfapp.domains.images.slides.scanning.feed import Feed
from tfapp.domains.images.slides.scanning.grid import Grid
from tfapp.domains.images.slides.scanning.network import PatchNetwork, Tiling
from tfapp.domains.images.slides.scanning.patches import turned_mean
from tfapp.domains.images.slides.scanning.scale import scale_for
from tfapp.domains.images.slides.scanning.settings import ScanSettings


class Darkness:
    """Answers the mean darkness of patches; counts what it is asked."""

    def __init__(self, stop=None):
        self.asked = 0
        self.stop = stop

    def __call__(self, images):
        """Return probabilities of "glass" and "dark"."""
        if self.stop is not None and self.asked >= self.stop:
            raise KeyboardInterrupt
        self.asked += len(images)
        dark = 1 - np.asarray(images, np.float64).mean(axis=(1, 2, 3)) / 255
        answers = np.stack([1 - dark, dark], axis=1).astype(np.float32)

        class Tensor:
            numpy = staticmethod(lambda: answers)

        return {"probabilities": Tensor}


def network(function, size=(32, 32), tiling=None):
    """Return a network of a function."""
    return PatchNetwork(("normal", "dark"), size, 0.5, tiling, "key", function)


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    """A slide with two pieces of tissue."""
    picture = blank(1000, 700)
    blob(picture, 250, 300, 180, STRONG)
    blob(picture, 800, 500, 90, STRONG)
    path = write_slide(tmp_path_factory.mktemp("slide") / "a.tif", picture)
    with open_slide(path) as opened:
        yield opened


def whole_area(slide):
    """Return everything."""
    return find_area(slide, Marking(whole=True))


@pytest.mark.parametrize("downsample", [1.0, 2.0, 1.3])
@pytest.mark.parametrize("cell", [16, 30, 500])
def test_every_cell_is_covered_once(slide, cell, downsample):
    """All of them for all of the slide; those with tissue for the tissue."""
    grid = Grid(Scaled(slide, downsample), cell, (32, 32))
    chosen = grid.chosen(whole_area(slide))
    assert chosen.all()
    counts = np.zeros(grid.shape, int)
    for block in grid.blocks(chosen):
        np.add.at(counts, (block.rows, block.columns), 1)
    assert (counts == 1).all()
    rows, columns = grid.shape
    width, height = grid.scaled.size
    assert (rows - 1) * cell < height <= rows * cell
    assert (columns - 1) * cell < width <= columns * cell


def test_cells_with_tissue(slide):
    """A cell is chosen if and only if a pixel of the area lies in it."""
    mask = np.random.default_rng(0).random((88, 125)) < 0.02
    area = Area(mask, 8.0, np.zeros((88, 125, 3), np.uint8), "")
    grid = Grid(Scaled(slide, 1.0), 40, (32, 32))
    expected = [
        [mask[5 * r : 5 * r + 5, 5 * c : 5 * c + 5].any() for c in range(25)]
        for r in range(18)
    ]
    np.testing.assert_array_equal(grid.chosen(area), expected)


def test_tiles_are_centred_on_their_cells(slide):
    """Each is what a read of its own gives, also beyond the edge."""
    grid = Grid(Scaled(slide, 1.0), 20, (32, 32))
    chosen = grid.chosen(whole_area(slide))
    block = grid.blocks(chosen)[0]
    tiles = [*grid.tiles(block)]
    for number in (0, 7, len(tiles) - 1):
        row, column = block.rows[number], block.columns[number]
        own = slide.read(0, int(column * 20 - 6), int(row * 20 - 6), 32, 32)
        np.testing.assert_array_equal(tiles[number], np.asarray(own))


def scan(slide, function, folder, **options):
    """Return what a scan answers."""
    settings = ScanSettings(**{"stride": 16, "batch_size": 24, **options})
    area = find_area(slide, settings.marking)
    return answer_slide(
        network(function),
        Scaled(slide, 1.0),
        area,
        1,
        settings,
        folder,
        lambda done, total: None,
    )


def test_values_lie_where_the_slide_is_dark(slide, tmp_path):
    """The map is that of every tile read and answered by itself."""
    answered = scan(slide, Darkness(), tmp_path)
    known = ~np.isnan(answered.values)
    assert 0.1 < known.mean() < 0.4
    for row, column in np.argwhere(known)[::97]:
        tile = slide.read(0, int(column * 16 - 8), int(row * 16 - 8), 32, 32)
        expected = 1 - np.asarray(tile, float).mean() / 255
        assert answered.values[row, column] == pytest.approx(expected, abs=1e-6)
    assert answered.shares["dark"] == pytest.approx(0, abs=1e-6)
    assert answered.facts["asked"] == answered.facts["tiles"] == known.sum()
    assert 0 <= answered.facts["waiting_share"] <= 1


def test_a_killed_scan_goes_on_with_equal_results(slide, tmp_path):
    """Whole batches are kept, the rest is asked again, and all is equal to the bit."""
    expected = scan(slide, Darkness(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        scan(slide, Darkness(stop=200), tmp_path / "killed")
    with (tmp_path / "killed" / "answers.f32").open("ab") as file:
        file.write(b"half a row")
    second = Darkness()
    resumed = scan(slide, second, tmp_path / "killed")
    np.testing.assert_array_equal(resumed.values, expected.values)
    assert second.asked == expected.facts["tiles"] - 216
    third = Darkness()
    again = scan(slide, third, tmp_path / "killed")
    assert third.asked == 0
    np.testing.assert_array_equal(again.values, expected.values)
    other = Darkness()
    scan(slide, other, tmp_path / "killed", turns=4)
    assert other.asked == 4 * expected.facts["tiles"], "other settings ask anew"


def test_turns_are_averaged():
    """Four quarter turns, or all eight views, of an answer that depends on them."""
    tiles = np.random.default_rng(0).integers(0, 255, (3, 8, 8, 3), np.uint8)

    def corner(images):
        return np.asarray(images[:, 0, 0, :2], np.float32)

    corners = tiles[:, [0, 0, -1, -1], [0, -1, 0, -1], :2].astype(np.float32)
    for turns in (4, 8):
        mean = turned_mean(corner, tiles, turns)
        np.testing.assert_allclose(mean, corners.mean(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(turned_mean(corner, tiles, 1), corner(tiles))
    oblong = turned_mean(corner, tiles[:, :6], 4)
    ends = (tiles[:, 0, 0, :2].astype(float) + tiles[:, 5, -1, :2]) / 2
    np.testing.assert_allclose(oblong, ends, rtol=1e-6)


def test_answers_of_other_settings_are_dropped(tmp_path):
    """Only rows of the very same work are taken over."""

    def rows(settings, total=10):
        with AnswerFile(tmp_path, settings, (2,), 4, total) as answers:
            before = answers.done
            while answers.done < total:
                size = min(4, total - answers.done)
                answers.append(np.full((size, 2), answers.done, np.float32))
            return before, np.array(answers.rows())

    before, first = rows({"key": "a"})
    assert (before, first.shape) == (0, (10, 2))
    before, second = rows({"key": "a"})
    assert before == 10
    np.testing.assert_array_equal(first, second)
    assert rows({"key": "b"})[0] == 0


def test_a_feed_raises_what_its_thread_raises():
    """And it ends with its user."""

    def broken():
        yield 1
        raise DataError("damaged")

    feed = Feed(broken)
    with pytest.raises(DataError, match="damaged"):
        list(feed)

    def endless():
        while True:
            yield 1

    feed = Feed(endless)
    for _ in feed:
        break
    assert not feed._thread.is_alive()


class Convolution:
    """A fully convolutional network of NumPy: local means, softmax over two classes."""

    def __init__(self, reach):
        self.reach = reach

    def __call__(self, images):
        """Return (batch, height, width, 2); edges are mirrored, as tfapp's are."""
        from scipy.ndimage import uniform_filter

        grey = np.asarray(images, np.float64).mean(axis=-1) / 255
        size = 2 * self.reach + 1
        means = [uniform_filter(one, size, mode="mirror") for one in grey]
        dark = 1 - np.stack(means)
        answers = np.stack([1 - dark, dark], axis=-1).astype(np.float32)

        class Tensor:
            numpy = staticmethod(lambda: answers)

        return {"probabilities": Tensor}


@pytest.mark.parametrize("cell", [1, 4])
def test_tiled_equals_untiled(cell, slide, tmp_path, monkeypatch):
    """Every pixel of blocks has the answer of one pass over the whole slide."""
    monkeypatch.setattr("tfapp.domains.images.slides.scanning.dense.BLOCK", 96)
    function = Convolution(reach=11)
    dense = network(function, tiling=Tiling((32, 32), 11))
    settings = ScanSettings(stride=cell, marking=Marking(whole=True))
    answered = answer_slide(
        dense,
        Scaled(slide, 1.0),
        whole_area(slide),
        1,
        settings,
        tmp_path,
        lambda done, total: None,
    )
    picture = np.asarray(slide.read(0, 0, 0, *slide.size))[None]
    untiled = dense.answer(picture)[0, ..., 1]
    if cell > 1:
        untiled = untiled.reshape(175, 4, 250, 4).mean(axis=(1, 3))
    assert answered.values.shape == untiled.shape
    assert np.abs(answered.values - untiled).max() < 1e-5


def test_scale_follows_the_resolutions(slide, tmp_path):
    """The level is the one that serves the model's microns per pixel; else it says."""
    for mpp, level, factor, words in [
        (0.5, 0, 1.0, "level 0"),
        (0.51, 0, 1.0, "level 0"),
        (1.0, 1, 1.0, "level 1"),
        (1.5, 1, 1.5, "resized to the 1.5"),
        (0.25, 0, 0.5, "coarser than what the model learned from"),
    ]:
        scaled, how = scale_for(slide, mpp)
        assert (scaled.level, scaled.factor) == (level, pytest.approx(factor))
        assert words in how
    scaled, how = scale_for(slide, 0.0)
    assert scaled.downsample == 1
    assert "microns per pixel of the model are unknown (--model-mpp states" in how
    path = write_slide(tmp_path / "a.tif", blank(64, 64), mpp=0)
    with open_slide(path) as unknown:
        assert "the slide are unknown (--mpp" in scale_for(unknown, 0.5)[1]


def test_settings_and_targets_out_of_range():
    """Each message names the option, or the classes."""
    for options in ({"turns": 3}, {"stride": -1}, {"threshold": 1.5}):
        with pytest.raises(ConfigError, match=f"--{[*options][0]}"):
            ScanSettings(**options)
    two = network(None)
    assert two.chosen("") == 1
    assert two.chosen("normal") == 0
    with pytest.raises(UnknownNameError, match="Expected one of"):
        two.chosen("tumour")
    three = PatchNetwork(("a", "b", "c"), (32, 32), 0, None, "", None)
    with pytest.raises(ConfigError, match="--target NAME"):
        three.chosen("")
