"""Sections of small images: the worst mistakes, and a sample of the data."""

from collections.abc import Sequence
from dataclasses import replace

from tfapp.base.errors import TfappError
from tfapp.data.spec import Dataset, Example
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.thumbnails import Maps, sample_by_class, thumbnail
from tfapp.problems.classification.results import ClassAnswers
from tfapp.problems.classification.scores import top_losses
from tfapp.report.blocks import Block, Gallery, Section, Tile
from tfapp.report.wording import percent, shorten
from tfapp.tasks.results import Results

NUM_MISTAKES = 24

MAPS = (
    " Next to each, as the network sees it: where it found the class that it "
    "predicted, weak in purple, strong in yellow (Grad-CAM)."
)


def mistakes_section(
    results: Results, dataset: Dataset, maps: Maps | None
) -> Section | None:
    """Show the most confident mistakes, with maps where the network has any.

    Args:
        results: of a classifier.
        dataset: gives the images.
        maps: draws what the network saw in mistakes; None for no maps.
    """
    answers: ClassAnswers = results.evidence
    worst = top_losses(answers.labels, answers.probabilities, NUM_MISTAKES).tolist()
    if not worst:
        return None
    examples = [dataset.examples["test"][index] for index in worst]
    rows = [answers.probabilities[index] for index in worst]
    drawn, note = _maps(maps, examples, [int(row.argmax()) for row in rows])
    tiles = []
    for example, row, second in zip(examples, rows, drawn, strict=True):
        label = shorten(example.target, 24)
        predicted = shorten(answers.class_names[int(row.argmax())], 24)
        caption = f"{label} → {predicted}, {percent(float(row.max()))}"
        further = (second,) if second else ()
        picture = tile(dataset, example, caption)
        tiles.append(replace(picture, path=example.name, further=further))
    lead = (
        "The most confident first: true class → prediction and its probability. A "
        "wrong label shows here before anywhere else."
    )
    return Section("Worst mistakes", lead + note, (Gallery("", tuple(tiles)),))


def sample_section(dataset: Dataset, noun: str) -> Section | None:
    """Show a few training examples of each class.

    Args:
        dataset: of images with one label each.
        noun: what the examples are, in the plural.
    """
    names = dataset.info.labels
    chosen = sample_by_class(dataset.examples.get("train", ()), names)
    if not chosen:
        return None
    blocks: tuple[Block, ...]
    if max(map(len, chosen.values())) > 1:
        blocks = tuple(
            Gallery(name, tuple(tile(dataset, e, "") for e in of_class))
            for name, of_class in chosen.items()
        )
    else:
        tiles = (tile(dataset, e, e.target) for (e,) in chosen.values())
        blocks = (Gallery("", tuple(tiles)),)
    shown, total = len(chosen), len(names)
    which = "every class" if shown == total else f"{shown} of {total} classes"
    lead = f"Training {noun} of {which}, evenly spread over the data."
    return Section("Sample of the data", lead, blocks)


def _maps(
    maps: Maps | None, examples: Sequence[Example], classes: Sequence[int]
) -> tuple[list[bytes], str]:
    """Return a map for each mistake, empty without, and the sentence on them."""
    if maps is None:
        return [b""] * len(examples), ""
    try:
        return maps(examples, classes), MAPS
    except TfappError as error:
        return [b""] * len(examples), f" There are no maps next to them: {error}"


def tile(dataset: Dataset, example: Example, caption: str) -> Tile:
    """Return a small picture of an example with a caption."""
    image, media_type = thumbnail(lambda e: dataset.raw(e)[RAW_IMAGE], example)
    return Tile(image, media_type, caption)
