"""Photos in batches, with the ids of the words of their captions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.data.spec import Example
from tfapp.domains.images.captioning.preprocessor import CaptionPreprocessor
from tfapp.domains.images.dataset import ImageDataset
from tfapp.domains.text.translation.dataset import Symbols
from tfapp.domains.text.translation.losses import PADDING

END_NAME = "(end)"
"""Name of the output that ends a caption; no word holds a bracket and letters."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CaptionDataset(ImageDataset):
    """Photos with captions; implements `tfapp.data.spec.Dataset`.

    Args:
        preprocessor: encoded image to pixels, and words to ids.
        captions: name of a photo → its captions, cut into words.
        learned: captions of a photo that are learned at most; all are compared with.
    """

    preprocessor: CaptionPreprocessor
    captions: Mapping[str, tuple[Symbols, ...]]
    learned: int

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Captions and places of each that are learned of a photo."""
        return self.learned, self.preprocessor.longest_answer + 1

    def targets(self, examples: Sequence[Example]) -> np.ndarray:
        """Return the ids of the words to learn, float32 (examples, captions, places).

        They are floats, since whole numbers would be taken for classes. `PADDING` fills
        up short captions, and photos of few.
        """
        ids = np.full((len(examples), *self.row_shape), PADDING, np.float32)
        for own, example in zip(ids, examples, strict=True):
            for row, words in zip(own, self.captions[example.name], strict=False):
                known = self.preprocessor.target_ids(words)[: len(row)]
                row[: len(known)] = known
        return ids

    def rows(self, targets: Any) -> Any:
        """Return the targets, which are what the network learns."""
        return targets

    def references(self, split: str) -> list[tuple[Symbols, ...]]:
        """Return the captions of each photo of a split, in order."""
        return [self.captions[example.name] for example in self.examples[split]]
