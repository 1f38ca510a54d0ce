"""From outlined slides to a trained network, and with it to the map of a new slide."""

import pytest
from typer.testing import CliRunner

from tests.domains.images.slides.made import blank, write_slide
from tests.domains.images.slides.test_patches import make_slides
from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.cli import app
from tfapp.runs import read_card
from tfapp.verbs.fit import plan
from tfapp.verbs.run import run

QUIET = Reporter(quiet=True)


@pytest.mark.nightly
def test_learned_from_slides_and_scanned(tmp_path, monkeypatch):
    """The card knows the resolution; a slide of another one is scanned at its level."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    folder = make_slides(tmp_path / "slides", count=5)
    options = ["data.options.patch_size=32", "data.options.per_class=60"]
    chosen = plan(str(folder), options, reporter=QUIET)
    assert chosen.recipe.data.kind == "slide_patches"
    assert chosen.recipe.task == "image_classification"
    table = {
        "name": "slides",
        "task": "image_classification",
        "data": {
            "kind": "slide_patches",
            "path": str(folder),
            "batch_size": 16,
            "options": {"patch_size": 32, "image_size": [32, 32], "per_class": 60},
            "augmentation": {"flip": "both", "quarter_turns": True},
        },
        "model": {"name": "small_cnn", "options": {"filters": [8], "padding": "same"}},
        "training": {"epochs": 12, "learning_rate": 1e-2},
        "export": {"explain": False},
    }
    result = run(
        recipes.build(table, where="test"),
        runs_folder=tmp_path / "runs",
        saved_models=tmp_path / "models",
        reporter=QUIET,
    )
    assert result.metrics["accuracy"] > 0.8
    preprocess = read_card(result.folder)["preprocess"]
    assert preprocess["microns_per_pixel"] == pytest.approx(0.5)
    assert preprocess["patch_size"] == 32
    new = make_slides(tmp_path / "new", count=1, mpp=0.25)
    write_slide(new / "glass.tif", blank(300, 300), levels=1)
    words = ["scan", str(new / "s0.tif"), str(new / "glass.tif"), "--quiet"]
    words += ["--out", str(tmp_path / "scans"), "--truth", str(new)]
    (new / "glass.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    for model in (result.saved_model, result.folder):
        shown = CliRunner().invoke(app, [*words, str(model), "--view-side", "0"])
        assert shown.exit_code != 0, "one slide has no tissue"
        assert "s0.tif: score" in shown.stdout
        assert "glass.tif: failed: " in shown.stdout
        assert "froc" in shown.stdout
