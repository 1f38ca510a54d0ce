"""Which other networks and image sizes are worth comparing before a run."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from tfapp.domains.images.classification.budget import SMALLEST_SIDE
from tfapp.domains.images.classification.thawing import THAWED_FROM
from tfapp.domains.images.pretrained.download import address_of
from tfapp.domains.images.pretrained.extractors import EXTRACTORS, find_extractor
from tfapp.domains.images.pretrained.obtaining import failure_to_obtain
from tfapp.recipes.plan import Alternative, Machine

SHARE = 0.25
"""Of a time budget beyond its fixed part, for all alternatives together."""
PATIENCE_SECONDS = 240.0
"""For all alternatives together where there is no budget."""
STEPS = (64, -64)
"""Pixels by which other image sizes differ from the rules'."""
LARGEST_SIDE = 320

RIVAL = "efficientnet_v2_b0"
"""Fetched if it is not here: it names 78.7 % of ImageNet's validation photos (Keras'
table), MobileNetV2 71.3 %, at twice the work."""
LEAST_COMPARING = 60.0
"""Seconds for comparing from which on that is worth a download of 24 MB."""


def alternatives(
    table: Mapping[str, Any], extractors: Iterable[str]
) -> tuple[Alternative, ...]:
    """Return what is worth comparing with a recipe by cross-validation.

    Only recipes whose head is fitted exactly are compared: that takes seconds once the
    features are there.

    Args:
        table: the recipe that the rules chose.
        extractors: networks whose ImageNet weights are here, the preferred first.
    """
    head = table.get("fine_tune", {}).get("head", {})
    if head.get("solver") != "exact":
        return ()
    return tuple(_changed(table, *pair) for pair in _tried(table, extractors))


def comparing_seconds(machine: Machine) -> float:
    """Return how long alternatives may be compared."""
    if not machine.minutes:
        return PATIENCE_SECONDS
    return SHARE * max(machine.training_seconds, 0.0)


def fetch_rival(table: Mapping[str, Any], machine: Machine) -> list[str]:
    """Bring a better network here if there is time to compare it; else note why not.

    Whether it is better on these images is for the comparison to say.
    """
    exact = table.get("fine_tune", {}).get("head", {}).get("solver") == "exact"
    seconds = comparing_seconds(machine)
    forbidden = not address_of(find_extractor(RIVAL))
    if not exact or machine.backbone or seconds < LEAST_COMPARING or forbidden:
        return []
    failure = failure_to_obtain(RIVAL, machine)
    return [f"{RIVAL} was not compared: {failure}"] if failure else []


def title(table: Mapping[str, Any]) -> str:
    """Return network and image size of a recipe."""
    side = table["data"]["options"]["image_size"][0]
    return f"{table['model']['options']['extractor']} at {side} px"


def _tried(
    table: Mapping[str, Any], extractors: Iterable[str]
) -> Iterator[tuple[str, int]]:
    """Yield other extractors at the same image size, then other sizes."""
    chosen = table["model"]["options"]["extractor"]
    side = table["data"]["options"]["image_size"][0]
    for extractor in extractors:
        if extractor != chosen and side >= EXTRACTORS[extractor].smallest_size:
            yield extractor, side
    least = max(SMALLEST_SIDE, EXTRACTORS[chosen].smallest_size)
    for step in STEPS:
        if least <= side + step <= LARGEST_SIDE:
            yield chosen, side + step


def _changed(table: Mapping[str, Any], extractor: str, side: int) -> Alternative:
    other: dict[str, Any] = deepcopy(dict(table))
    other["data"]["options"]["image_size"] = [side, side]
    if extractor != table["model"]["options"]["extractor"]:
        options = other["model"]["options"]
        options |= {"extractor": extractor, "weights": EXTRACTORS[extractor].weights}
        options.pop("pooling", None)
        if thaw := other["fine_tune"].get("thaw"):  # whose layer is the first network's
            layer, rate = THAWED_FROM[extractor]
            thaw |= {"from_layer": layer, "learning_rate": rate}
    return Alternative(title(other), other)
