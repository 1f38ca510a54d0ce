"""What is seen of a captioner in training: a few photos, and where it looks."""

from collections.abc import Mapping
from typing import cast

from tfapp.data.spec import Pass
from tfapp.domains.images.captioning.dataset import CaptionDataset
from tfapp.domains.images.captioning.evaluation.pictures import looking
from tfapp.domains.images.captioning.evaluation.results import captions_of
from tfapp.domains.images.captioning.preprocessor import text_of
from tfapp.domains.images.gallery_sections import tile
from tfapp.domains.images.views import NAME
from tfapp.report.blocks import Gallery
from tfapp.tasks.watching import Glance, Item, View, share_of

DRAWN = 2
"""Photos of which every word is shown."""
LOOKED = "where it looks"


def caption_views(glance: Glance) -> tuple[View, ...]:
    """Return the views of a few photos with answers, and of attention word by word."""
    dataset = cast(CaptionDataset, glance.dataset)
    names = dataset.preprocessor.names

    def draw() -> Mapping[str, Item]:
        examples = glance.some()
        references = [dataset.captions[e.name] for e in examples]
        answers = captions_of(glance.answers(examples), references, names)
        tiles = tuple(
            tile(dataset, e, f"{text_of(a.references[0])} → {text_of(a.words)}")
            for e, a in zip(examples, answers, strict=True)
        )
        return {NAME: Gallery("Given → answer", tiles)}

    def draw_attention() -> Mapping[str, Item]:
        examples = glance.some(DRAWN)
        images, *_ = next(dataset.batches(examples, Pass()).as_numpy_iterator())
        looked = looking(glance.model, names)(images)
        return {
            f"{LOOKED}/{number}": one.gallery(text_of(one.words))
            for number, one in enumerate(looked, start=1)
            if one.words
        }

    share = share_of(glance)
    return View(NAME, draw, share), View(LOOKED, draw_attention, share)
