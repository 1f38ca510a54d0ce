"""What is seen of a segmentation in training: images, their masks, and the answers."""

from collections.abc import Mapping
from typing import cast

from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.segmentation.data.dataset import MaskDataset
from tfapp.domains.images.segmentation.data.reading import IGNORED
from tfapp.domains.images.segmentation.pictures import rgb_pixels, tint, to_jpeg
from tfapp.domains.images.views import NAME
from tfapp.report.blocks import Gallery, Tile
from tfapp.report.wording import percent
from tfapp.tasks.watching import Glance, Item, View, share_of

SHOWN = 3
"""Images of a sheet."""


def mask_views(glance: Glance) -> tuple[View, ...]:
    """Return the view of a few images: each with its mask, and that of the network."""

    def draw() -> Mapping[str, Item]:
        masks, examples, tiles = (
            cast(MaskDataset, glance.dataset),
            glance.some(SHOWN),
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

    return (View(NAME, draw, share_of(glance, SHOWN)),)
