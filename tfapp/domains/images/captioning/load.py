"""Photos with captions to pixels and the ids of words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from pydantic import PositiveInt

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.data.split import fingerprint, split_examples
from tfapp.domains.images.captioning.check import (
    MAX_LENGTH,
    SCENES,
    Captioned,
    open_captions,
    open_scenes,
)
from tfapp.domains.images.captioning.dataset import END_NAME, CaptionDataset
from tfapp.domains.images.captioning.preprocessor import CaptionPreprocessor, text_of
from tfapp.domains.images.captioning.scenes import SIDE
from tfapp.domains.images.check import Examined
from tfapp.domains.images.load import image_parts
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.shapes import image_info
from tfapp.domains.text.lengths import Count, Length, Symbols
from tfapp.domains.text.words.vocabulary import choose_words

MOST_WORDS = 4000
LEARNED = 5
SHOWN = 8
"""Words that a note lists."""


def image_captions(
    context: LoadContext,
    *,
    image_size: tuple[int, int] = (224, 224),
    channels: Literal[1, 3] = 3,
    resize: Literal["crop", "pad", "stretch"] = "pad",
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
    max_pixels: PositiveInt = MAX_PIXELS,
    path_column: str = "",
    label_column: str = "",
    delimiter: str = "",
    max_length: Length = MAX_LENGTH,
    most_words: Symbols = MOST_WORDS,
    learned_captions: PositiveInt = LEARNED,
) -> CaptionDataset:
    """Photographs or other pictures with a caption each, or several.

    Args:
        context: recipe, seed, split file, cache folder.
        image_size: height and width in pixels.
        channels: 3 for red, green, blue; 1 for grey.
        resize: what happens to other proportions; see `ImagePreprocessor`.
        interpolation: how pixels are interpolated; see `ImagePreprocessor`.
        max_pixels: larger images are left out before they are decoded.
        path_column: names the column of the images' paths; "" for `path`, or without
            it the one whose cells are names of images.
        label_column: names the column of the captions; "" for the only other one, or
            the one that is called `caption` or alike.
        delimiter: between cells; "" to find it.
        max_length: words of a caption; longer ones are left out.
        most_words: that captions are made of, the most frequent ones of the training
            part; the others are not learned.
        learned_captions: of each photo, the first ones; answers are compared with all.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if photos or captions cannot be used, or differ from the split file.
    """
    del path_column, label_column, delimiter, max_length  # they are read as options
    height, width = image_size  # a list, when the recipe is TOML
    preprocessor = CaptionPreprocessor(
        (height, width), channels, resize, interpolation, max_pixels
    )
    captioned = open_captions(context)
    return _loaded(captioned, preprocessor, most_words, learned_captions, context)


def scenes(
    context: LoadContext, *, count: Count = SCENES, composition: bool = False
) -> CaptionDataset:
    """Generated pictures of one to three coloured shapes, with a sentence on each.

    Args:
        context: recipe, seed, split file; `data.path` is "scenes".
        count: of pictures.
        composition: test on pictures with pairs of a colour and a shape that no picture
            of the training part has together.
    """
    del count, composition  # they are read as options
    preprocessor = CaptionPreprocessor((SIDE, SIDE))
    return _loaded(open_scenes(context), preprocessor, MOST_WORDS, 1, context)


def _loaded(
    captioned: Captioned,
    preprocessor: CaptionPreprocessor,
    most_words: int,
    learned: int,
    context: LoadContext,
) -> CaptionDataset:
    """Split photos, learn the words of the training part, look them up."""
    split = partial(_split, captioned)
    parts = image_parts(captioned.source, context, preprocessor, split, captioned.facts)
    train = parts["examples"]["train"]
    trained = [words for e in train for words in captioned.captions[e.name]]
    if context.preprocess:  # a trained model is tested: its words count
        known = CaptionPreprocessor.from_description(context.preprocess)
        words, longest = known.words, known.longest_answer
    elif trained:
        words = choose_words(trained, most_words)
        longest = max(map(len, trained))
    else:
        raise DataError(f"{captioned.source.name}: no photo is left to learn from.")
    preprocessor = replace(preprocessor, words=words, longest_answer=longest)
    used = [e for split in parts["examples"].values() for e in split]
    parts["preprocessor"] = preprocessor
    parts["notes"] += tuple(_notes(captioned, used, preprocessor))
    info = image_info(
        preprocessor.shape,
        (END_NAME, *words),
        (longest + 1,),
        fingerprint(used),
    )
    most = max((len(captioned.captions[e.name]) for e in used), default=1)
    return CaptionDataset(
        info=info, captions=captioned.captions, learned=min(learned, most), **parts
    )


def _split(
    captioned: Captioned, source: Source, examined: Examined, context: LoadContext
) -> tuple[Example, ...]:
    """Return the examples to use; those of equal content may have other captions."""

    def told(examples: Sequence[Example]) -> tuple[Example, ...]:
        texts = {e.name: map(text_of, captioned.captions[e.name]) for e in examples}
        return tuple(replace(e, target="\n".join(texts[e.name])) for e in examples)

    usable = replace(
        examined.usable,
        readable=told(examined.usable.readable),
        examples=told(examined.usable.examples),
    )
    return split_examples(source, usable, context)


def _notes(
    captioned: Captioned,
    examples: Sequence[Example],
    preprocessor: CaptionPreprocessor,
) -> Iterator[str]:
    """Yield lines on captions, and on words that training does not have."""
    own = [captioned.captions[e.name] for e in examples]
    if (captions := sum(map(len, own))) > len(own):
        yield f"{captions} captions of {len(own)} photos"
    known = set(preprocessor.words)
    unknown = Counter(
        word
        for e, every in zip(examples, own, strict=True)
        for words in every
        for word in words
        if e.split != "train" and word not in known
    )
    if unknown:
        shown = ", ".join(f"{w!r} ({n})" for w, n in unknown.most_common(SHOWN))
        more = " and more" if len(unknown) > SHOWN else ""
        yield f"words that no answer can hold: {shown}{more}; they count as wrong"
