"""Patches cut from outlined slides, and the dataset that they are."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.domains.images.slides.made import (
    STRONG,
    blank,
    blob,
    square,
    write_outlines,
    write_slide,
)
from tfapp.base.errors import ConfigError, DataError
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.detection import detect
from tfapp.data.spec import Pass
from tfapp.recipes.config import DataConfig

TUMOUR = (120, 50, 140)
OPTIONS = {"patch_size": 32, "image_size": [32, 32], "per_class": 30}


def make_slides(folder, count=4, mpp=0.5, size=(600, 500)):
    """Write slides of tissue, each with an outlined tumour."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture = blank(*size, seed=number)
        blob(picture, 250, 250, 200, STRONG, seed=number)
        picture[200:320, 200:320] = TUMOUR
        picture[200:320, 200:320, 1] += np.random.default_rng(number).integers(
            0, 30, (120, 120), np.uint8
        )
        write_slide(folder / f"s{number}.tif", picture, mpp=mpp)
        ring = square(200, 200, 120)
        write_outlines(folder / f"s{number}.geojson", [ring], ["Tumor"])
    return folder


def config(folder, **further):
    """Return the configuration of a folder."""
    options = OPTIONS | further.pop("options", {})
    return DataConfig(
        kind="slide_patches", path=str(folder), options=options, batch_size=8, **further
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four slides."""
    return make_slides(tmp_path_factory.mktemp("outlined") / "slides")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Cut into a folder of the test."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))


@pytest.mark.slow
def test_patches_are_those_of_the_outlines(folder):
    """Classes, numbers, splits by slide, pixels and what the card gets."""
    assert detect(str(folder)).data == "slide_patches"
    dataset = load_dataset(config(folder), seed=0, split_file=None)
    assert dataset.info.labels == ("Tumor", "background")
    everything = [e for part in dataset.examples.values() for e in part]
    by_slide = {}
    for example in everything:
        slide = example.name.split("/")[-2]
        by_slide.setdefault(slide, []).append(example)
        assert example.group == f"slide {slide}"
        with Image.open(example.name) as image:
            middle = np.asarray(image)[16, 16].astype(int)
        is_tumour = abs(middle - TUMOUR).max() < 31
        assert is_tumour == (example.target == "Tumor")
    for examples in by_slide.values():
        counts = [sum(e.target == n for e in examples) for n in dataset.info.labels]
        assert max(counts) <= 30
        assert min(counts) >= 20
        assert len({e.split for e in examples}) == 1, "a slide is in one split"
    assert {s for s, part in dataset.examples.items() if part} == {
        *("train", "validation", "test")
    }
    images, _ = next(iter(dataset.batches(dataset.examples["train"], Pass())))
    assert images.shape == (8, 32, 32, 3)
    described = dataset.preprocessor.describe()
    assert described["microns_per_pixel"] == pytest.approx(0.5)
    assert described["patch_size"] == 32
    rebuilt = type(dataset.preprocessor).from_description(described)
    assert rebuilt == dataset.preprocessor
    assert (
        dataset.notes[0]
        == "patches of 32 pixels at 0.5 microns per pixel, split by slide"
    )


@pytest.mark.slow
def test_the_same_patches_are_cut_once(folder, tmp_path, monkeypatch):
    """A second load reads the folder; another seed draws other places."""
    first = load_dataset(config(folder), seed=0, split_file=None)
    monkeypatch.setattr(
        "tfapp.domains.images.slides.patches.cutting._cut",
        lambda *a: pytest.fail("cut again"),
    )
    again = load_dataset(config(folder), seed=0, split_file=None)
    assert again.info.fingerprint == first.info.fingerprint
    monkeypatch.undo()
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    other = load_dataset(config(folder), seed=1, split_file=None)
    assert other.info.fingerprint != first.info.fingerprint


@pytest.mark.slow
def test_patients_and_splits_of_a_table(tmp_path):
    """`slides.csv` says which slides belong together, and which are for the test."""
    folder = make_slides(tmp_path / "slides")
    table = folder / "slides.csv"
    table.write_text("slide,patient\ns0.tif,p1\ns1,p1\ns2,p2\ns3,p3\n")
    dataset = load_dataset(config(folder), seed=0, split_file=None)
    assert dataset.notes[0].endswith("split by patient")
    groups = {
        example.name.split("/")[-2]: example.split
        for part in dataset.examples.values()
        for example in part
    }
    assert groups["s0"] == groups["s1"]
    table.write_text("slide,split\ns0,test\ns1,train\ns2,train\ns3,validation\n")
    dataset = load_dataset(config(folder), seed=0, split_file=None)
    slides = {e.name.split("/")[-2] for e in dataset.examples["test"]}
    assert slides == {"s0"}
    for text, why in [
        ("slide,x\ns0,1\n", "Expected `slide` and one or both"),
        ("slide,split\ns0,later\n", "line 2: unknown split 'later'"),
        ("slide,patient\ns9,p\n", "line 2: there is no slide 's9'"),
    ]:
        table.write_text(text)
        with pytest.raises(DataError, match=why):
            load_dataset(config(folder), seed=0, split_file=None)


@pytest.mark.slow
def test_too_few_slides_leak_and_say_so(tmp_path):
    """Squares of a slide are split, and a note says what that means."""
    folder = make_slides(tmp_path / "slides", count=1, size=(1200, 900))
    ring = square(200, 200, 120)
    far = square(700, 500, 120)
    write_outlines(folder / "s0.geojson", [ring, far], ["Tumor", "Tumor"])
    options = {"patch_size": 16}
    dataset = load_dataset(config(folder, options=options), seed=0, split_file=None)
    assert any(note.startswith("leak: fewer than 3 slides") for note in dataset.notes)
    groups = {}
    for part in dataset.examples.values():
        for example in part:
            groups.setdefault(example.group, set()).add(example.split)
    assert len(groups) > 3
    assert all(len(splits) == 1 for splits in groups.values())


@pytest.mark.slow
def test_resolutions_of_slides(tmp_path):
    """All slides are cut at the coarsest resolution, or at the one that is wanted."""
    folder = make_slides(tmp_path / "slides", count=3)
    picture = blank(300, 250)
    blob(picture, 125, 125, 100, STRONG)
    write_slide(folder / "s1.tif", picture, mpp=1.0, levels=2)
    write_outlines(folder / "s1.geojson", [square(100, 100, 60)], ["Tumor"])
    dataset = load_dataset(config(folder), seed=0, split_file=None)
    assert dataset.preprocessor.microns_per_pixel == pytest.approx(1.0)
    assert any("cut at the coarsest" in note for note in dataset.notes)
    write_slide(folder / "s1.tif", picture, mpp=0, levels=2)
    with pytest.raises(DataError, match="1 of 3 slides have no microns.*slide_mpp"):
        load_dataset(config(folder), seed=0, split_file=None)
    stated = config(folder, options={"slide_mpp": 1.0})
    again = load_dataset(stated, seed=0, split_file=None)
    assert again.preprocessor.microns_per_pixel == pytest.approx(1.0)


@pytest.mark.slow
def test_a_trained_model_is_tested_on_equal_patches(folder, tmp_path):
    """New slides are cut as the training slides were."""
    trained = load_dataset(config(folder), seed=0, split_file=tmp_path / "split.json")
    other = make_slides(tmp_path / "new", count=2, mpp=0.5)
    described = trained.preprocessor.describe()
    tested = load_test_only(
        config(other, options={"patch_size": 64, "mpp": 2.0}),
        trained.info.labels,
        preprocess=described,
    )
    assert {*tested.examples} >= {"test"}
    with Image.open(tested.examples["test"][0].name) as image:
        assert image.size == (32, 32)


@pytest.mark.slow
def test_check_reports_what_is_odd(tmp_path):
    """Slides without outlines, outlines without slides or classes, no tissue."""
    folder = make_slides(tmp_path / "slides", count=3)
    write_slide(folder / "bare.tif", blank(100, 100), levels=1)
    write_outlines(folder / "gone.geojson", [square(0, 0, 9)], ["Tumor"])
    write_slide(folder / "white.tif", blank(400, 400), levels=1)
    write_outlines(folder / "white.geojson", [square(50, 50, 90)] * 2, ["Tumor", ""])
    report = check_data(config(folder))
    kinds = {problem.kind for problem in report.problems}
    assert kinds >= {"no outlines", "no slide", "no class", "no tissue"}
    assert report.noun == "patches"
    assert report.facts["turned"]


def test_folders_that_cannot_be_used_are_one_line(tmp_path):
    """Each message names the file and the way out."""
    empty = tmp_path / "empty"
    empty.mkdir()
    folder = make_slides(tmp_path / "slides", count=1)
    outlines = folder / "s0.geojson"
    for change, why in [
        (lambda: None, "holds no slide with outlines"),
        (lambda: write_outlines(outlines, [square(9000, 0, 9)], ["a"]), "outside"),
        (lambda: write_outlines(outlines, [[1, 2]], kind="LineString"), "no area"),
        (lambda: outlines.write_text("{"), "is no GeoJSON"),
        (lambda: outlines.write_text(json.dumps([])), "no feature and no area"),
    ]:
        change()
        place = empty if "no slide with" in why else folder
        with pytest.raises(DataError, match=why):
            load_dataset(config(place), seed=0, split_file=None)
    write_outlines(outlines, [square(200, 200, 120)], ["Tumor"])
    with pytest.raises(DataError, match="single class 'Tumor'"):
        load_dataset(
            config(folder, options={"background": ""}), seed=0, split_file=None
        )
    with pytest.raises(ConfigError, match="patch_size"):
        load_dataset(config(folder, options={"patch_size": 0}), seed=0, split_file=None)
