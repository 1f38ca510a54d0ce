"""Which layers of a pretrained network `fit` lets learn, and of how many images."""

from typing import Any

from tfapp.data.report import CheckReport

ENOUGH_TO_THAW = 1000
"""Usable images from which on the extractor's last blocks learn too."""
LEAST_TO_THAW = 300
"""Usable images from which on they do if validation is surely better off by it."""

THAWED_FROM = {
    "mobilenet_v2": ("block_10_expand", 1e-3),
    "inception_v3": ("mixed7", 3e-4),
    "efficientnet_v2_b0": ("block6e_expand_conv", 3e-4),
    "efficientnet_b0": ("block7a_expand_conv", 3e-4),
    "resnet50": ("conv5_block3_1_conv", 3e-4),
    "xception": ("block14_sepconv1", 3e-4),
    "vgg16": ("block5_conv1", 3e-4),
    "vgg_small": ("block3_conv1", 3e-4),
    "inception_small": ("mixed2", 3e-4),
}
"""Preferred extractors, best accuracy for their cost on two cores first; the layer from
which each is thawed, and how fast that learns (docs/fine_tuning.md)."""


def thaw_later(table: dict[str, Any], report: CheckReport) -> list[str]:
    """Add a phase that trains the extractor's end too, if images are many; explain.

    A few dozen validation images like one of several epochs by chance, so of fewer
    images thawing is kept only if it is surely better than an exact head.
    """
    thawed_part = THAWED_FROM.get(table["model"]["options"]["extractor"])
    few = report.usable < ENOUGH_TO_THAW
    exact = table["fine_tune"]["head"].get("solver") == "exact"
    if not thawed_part or report.usable < LEAST_TO_THAW or (few and not exact):
        return []
    layer, rate = thawed_part
    thaw = {"from_layer": layer, "epochs": 4, "learning_rate": rate}
    reason = "then the network's last blocks learn too"
    if few:
        thaw |= {"epochs": 6, "margin": 1.0}
        reason += ", which is kept if validation images are surely better off"
    table["fine_tune"]["thaw"] = thaw | {"layer_decay": 0.9}
    return [reason]
