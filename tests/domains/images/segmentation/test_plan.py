"""What `fit` chooses for images with masks."""

from types import SimpleNamespace

from tfapp import recipes
from tfapp.data.report import CheckReport
from tfapp.domains.images.segmentation import plan as plan_module
from tfapp.recipes.plan import Machine


def test_fit_of_colour_photos(tmp_path, monkeypatch):
    """A pretrained contracting path where its weights are here, else none."""
    facts = {"median_size": (256, 320), "colour": True}
    counts = {"files": 64, "usable": 64, "unusable": 0, "left out": 0}
    report = CheckReport("nuclei", "images", counts, {"a": {"all": 64}}, facts)
    here = [SimpleNamespace(extractor="mobilenet_v2")]
    monkeypatch.setattr(plan_module, "available_weights", lambda: here)
    made = plan_module.plan(report, Machine())
    assert made.table["model"]["name"] == "unet_transfer"
    assert made.table["data"]["options"]["tile_size"] == [256, 256]
    tune = made.table["fine_tune"]
    assert tune["head"]["epochs"] + tune["thaw"]["epochs"] >= 10
    assert tune["head"]["epochs"] == 1
    # 46 to learn from: three tiles of each, so that an epoch has 100 or more
    assert made.table["data"]["options"]["crops"] == 3
    data = {"path": "x", "kind": "masks", **made.table["data"]}
    recipes.build({**made.table, "task": "image_segmentation", "data": data}, "fit")
    monkeypatch.setattr(plan_module, "available_weights", list)
    assert plan_module.plan(report, Machine()).table["model"]["name"] == "unet"
