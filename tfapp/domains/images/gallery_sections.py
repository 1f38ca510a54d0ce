"""Sections of small images: the worst mistakes, and a sample of the data."""

from collections.abc import Sequence
from dataclasses import replace

from tfapp.base.errors import TfappError
from tfapp.data.spec import Example
from tfapp.domains.images.thumbnails import sample_by_class, thumbnail
from tfapp.problems.classification.predictions import top_losses
from tfapp.problems.classification.report_inputs import ClassificationReportInputs
from tfapp.report.blocks import Block, Gallery, Section, Tile
from tfapp.report.wording import percent, shorten

NUM_MISTAKES = 24

MAPS = (
    " Beside each, as the network sees it: where it found the class that it predicted, "
    "weak in purple, strong in yellow (Grad-CAM)."
)


def mistakes_section(inputs: ClassificationReportInputs) -> Section | None:
    """Show the most confident mistakes, with maps where the network has any."""
    worst = top_losses(inputs.labels, inputs.probabilities, NUM_MISTAKES)
    if not len(worst):
        return None
    maps, told = _maps(inputs, [int(index) for index in worst])
    pairs = zip(worst, maps, strict=True)
    tiles = tuple(_mistake(inputs, int(index), beside) for index, beside in pairs)
    lead = (
        "The most confident first: true class → prediction and its probability. A "
        "wrong label shows here before anywhere else."
    )
    return Section("Worst mistakes", lead + told, (Gallery("", tiles),))


def sample_section(inputs: ClassificationReportInputs) -> Section | None:
    """Show a few training examples of each class."""
    chosen = sample_by_class(inputs.examples.get("train", ()), inputs.class_names)
    if not chosen:
        return None
    blocks: tuple[Block, ...]
    if max(map(len, chosen.values())) > 1:
        blocks = tuple(
            Gallery(name, tuple(_tile(inputs, e, "") for e in of_class))
            for name, of_class in chosen.items()
        )
    else:
        tiles = (_tile(inputs, e, e.target) for (e,) in chosen.values())
        blocks = (Gallery("", tuple(tiles)),)
    shown, total = len(chosen), len(inputs.class_names)
    which = "every class" if shown == total else f"{shown} of {total} classes"
    lead = f"Training {inputs.noun} of {which}, evenly spread over the data."
    return Section("Sample of the data", lead, blocks)


def _maps(
    inputs: ClassificationReportInputs, indices: Sequence[int]
) -> tuple[list[bytes], str]:
    """Return a map for each mistake, empty without, and what to say of them."""
    if inputs.maps is None:
        return [b""] * len(indices), ""
    examples = [inputs.examples[inputs.split][index] for index in indices]
    classes = [int(inputs.probabilities[index].argmax()) for index in indices]
    try:
        return inputs.maps(examples, classes), MAPS
    except TfappError as error:
        return [b""] * len(indices), f" There are no maps beside them: {error}"


def _mistake(inputs: ClassificationReportInputs, index: int, beside: bytes) -> Tile:
    row = inputs.probabilities[index]
    example = inputs.examples[inputs.split][index]
    label = shorten(example.target, 24)
    predicted = shorten(inputs.class_names[int(row.argmax())], 24)
    tile = _tile(inputs, example, f"{label} → {predicted}, {percent(float(row.max()))}")
    return replace(tile, path=example.name, beside=beside)


def _tile(inputs: ClassificationReportInputs, example: Example, caption: str) -> Tile:
    image, media_type = thumbnail(inputs.read, example)
    return Tile(image, media_type, caption)
