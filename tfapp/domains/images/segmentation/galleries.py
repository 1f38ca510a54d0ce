"""Pictures of a segmentation: overlays, worst tiles, samples, answers in training."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.segmentation.data.dataset import MaskDataset
from tfapp.domains.images.segmentation.data.reading import IGNORED
from tfapp.domains.images.segmentation.pictures import (
    WINDOW,
    overlay,
    rgb_pixels,
    tint,
    to_jpeg,
    worst_windows,
)
from tfapp.domains.images.views import NAME
from tfapp.report.blocks import Gallery, Section, Tile
from tfapp.report.wording import percent
from tfapp.tasks.results import Results
from tfapp.tasks.watching import Glance, Item, View, share_of

SHOWN_IMAGES = 6
SHOWN_WINDOWS = 12
WATCHED = 3
"""Images that are seen while a network learns."""
LEGEND = (
    "Blue: pixels of an object taken for background. Orange: background, or another "
    "class, taken for an object. Yellow: true borders."
)


def images_section(results: Results, masks: MaskDataset) -> Section:
    """Show the test images with the largest error, the worst first."""
    images, rows = results.evidence
    order = np.argsort([-row.pixel_error for row in rows], kind="stable")
    tiles = []
    for index in order[:SHOWN_IMAGES]:
        example, judged = masks.examples["test"][index], images[index]
        pixels, row = rgb_pixels(masks.raw(example)[RAW_IMAGE]), rows[index]
        error, iou = percent(row.pixel_error), percent(row.iou)
        rand = percent(row.rand_f_score)
        tiles.append(
            Tile(
                to_jpeg(pixels),
                "image/jpeg",
                f"Pixel error {error}, IoU {iou}, Rand F {rand}",
                example.name,
                (
                    to_jpeg(tint(pixels, judged.truth)),
                    to_jpeg(tint(pixels, judged.predicted)),
                    to_jpeg(overlay(pixels, judged)),
                ),
            )
        )
    lead = (
        "From left to right: image, true mask, prediction, mistakes; the worst first. "
        f"{LEGEND}"
    )
    return Section("Test images", lead, (Gallery("", tuple(tiles), large=True),))


def windows_section(results: Results, masks: MaskDataset) -> Section | None:
    """Show the worst places of all test images in detail."""
    tiles = []
    images = results.evidence.images
    for window in worst_windows(images, SHOWN_WINDOWS):
        example = masks.examples["test"][window.image]
        pixels = rgb_pixels(masks.raw(example)[RAW_IMAGE])
        rows = slice(window.top, window.top + WINDOW)
        columns = slice(window.left, window.left + WINDOW)
        wrong = overlay(pixels, images[window.image])[rows, columns]
        name = Path(example.name).name
        tiles.append(
            Tile(
                to_jpeg(pixels[rows, columns], 2 * WINDOW),
                "image/jpeg",
                f"{percent(window.wrong)} wrong, row {window.top}, column "
                f"{window.left} of {name}",
                "",
                (to_jpeg(wrong, 2 * WINDOW),),
            )
        )
    if not tiles:
        return None
    lead = (
        f"Places of {WINDOW} x {WINDOW} pixels with the most mistakes; a wrong mask "
        f"shows here before anywhere else. {LEGEND}"
    )
    return Section("Worst tiles", lead, (Gallery("", tuple(tiles)),))


def sample_section(masks: MaskDataset) -> Section | None:
    """Show training images with their masks."""
    train = masks.examples.get("train", ())
    if not train:
        return None
    places = np.linspace(0, len(train) - 1, min(SHOWN_IMAGES, len(train)))
    tiles = []
    for example in (train[int(place)] for place in places):
        pixels = rgb_pixels(masks.raw(example)[RAW_IMAGE])
        masked = tint(pixels, masks.truth(example))
        name = Path(example.name).name
        image, second = to_jpeg(pixels, 2 * WINDOW), to_jpeg(masked, 2 * WINDOW)
        tiles.append(Tile(image, "image/jpeg", name, "", (second,)))
    lead = "Training images, and next to each its mask, evenly spread over the data."
    return Section("Sample of the data", lead, (Gallery("", tuple(tiles)),))


def mask_views(glance: Glance) -> tuple[View, ...]:
    """Return the view of a few images: each with its mask, and that of the network."""

    def draw() -> Mapping[str, Item]:
        masks, examples, tiles = (
            cast(MaskDataset, glance.dataset),
            glance.some(WATCHED),
            [],
        )
        for example, logits in zip(examples, glance.answers(examples), strict=True):
            pixels = rgb_pixels(masks.raw(example)[RAW_IMAGE])
            truth, answer = masks.truth(example), logits.argmax(axis=-1)
            wrong = (answer != truth)[truth != IGNORED].mean()
            further = tuple(to_jpeg(tint(pixels, map_)) for map_ in (truth, answer))
            caption = f"Image, true mask, answer: {percent(float(wrong))} of it wrong"
            tiles.append(
                Tile(to_jpeg(pixels), "image/jpeg", caption, example.name, further)
            )
        return {NAME: Gallery("Image, true mask, answer", tuple(tiles), large=True)}

    return (View(NAME, draw, share_of(glance, WATCHED)),)
