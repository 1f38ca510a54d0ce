"""A trained model as what answers patches of slides."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tfapp.base.errors import ConfigError, ExportError, ModelError, UnknownNameError

if TYPE_CHECKING:
    from tfapp.export.predictor import Predictor

SIGNATURE = "serve_images"
NEGATIVE = {
    *("background", "normal", "negative", "benign", "other", "tissue", "stroma"),
    *("healthy", "none", "no", "0", "non-tumor", "non-tumour", "ignore"),
}
"""Names, in small letters, of classes that no one looks for on a slide."""


@dataclass(frozen=True)
class Tiling:
    """How a network that answers every pixel cuts pictures into tiles.

    Args:
        step: pixels from a tile to the next, down and right.
        margin: pixels around a tile's answers that it is shown.
    """

    step: tuple[int, int]
    margin: int


@dataclass(frozen=True)
class PatchNetwork:
    """What answers patches.

    Args:
        names: of the classes, in the order of the answers.
        size: height and width of a patch in pixels.
        mpp: microns per pixel of the patches that it learned from; 0 if unknown.
        tiling: of a network that answers every pixel; None for one answer a patch.
        key: of model and weights, to tell whether two scans used the same.
        function: the compiled signature.
    """

    names: tuple[str, ...]
    size: tuple[int, int]
    mpp: float
    tiling: Tiling | None
    key: str
    function: Any

    def answer(self, patches: np.ndarray) -> np.ndarray:
        """Return probabilities.

        Args:
            patches: uint8 (batch, height, width, 3).

        Returns:
            float32 (batch, classes), or (batch, height, width, classes) from a network
            that answers every pixel.
        """
        import tensorflow as tf

        answers = self.function(images=tf.constant(patches))
        probabilities: np.ndarray = answers["probabilities"].numpy()
        return probabilities

    def chosen(self, target: str) -> int:
        """Return the number of the class that a heat map shows.

        Args:
            target: its name; "" to take the only one that is looked for.

        Raises:
            UnknownNameError: if there is no class of that name.
            ConfigError: if none is named and several may be meant.
        """
        if target:
            if target not in self.names:
                raise UnknownNameError("class", target, self.names)
            return self.names.index(target)
        positive = [n for n in self.names if n.casefold() not in NEGATIVE]
        if len(positive) != 1:
            raise ConfigError(
                f"The model knows the classes {list(self.names)}. Name the one that "
                "the heat map shows: --target NAME."
            )
        return self.names.index(positive[0])


def patch_network(predictor: "Predictor", place: str) -> PatchNetwork:
    """Return a loaded model as what answers patches.

    Args:
        predictor: the model.
        place: where it lies, for messages.

    Raises:
        ModelError: if it answers no patches of colour with classes.
    """
    card = predictor.card
    preprocess = card.get("preprocess", {})
    size = preprocess.get("tile_size") or preprocess.get("image_size")
    side = preprocess.get("patch_size")
    size = [side, side] if side else size
    try:
        arrays = predictor.by(SIGNATURE)
    except ExportError:
        arrays = None
    if arrays is None or not size or not card.get("class_names"):
        raise ModelError(
            f"The model {place} does not answer decoded pictures with classes. "
            "Expected a run or SavedModel of `tfapp fit` or `tfapp run` for images "
            "with class names or masks."
        )
    if preprocess.get("channels") != 3:
        raise ModelError(
            f"The model {place} takes grey pictures, and slides have colours. Train "
            "with `data.options.channels=3`."
        )
    return PatchNetwork(
        names=tuple(card["class_names"]),
        size=(int(size[0]), int(size[1])),
        mpp=float(preprocess.get("microns_per_pixel", 0.0)),
        tiling=_tiling(preprocess),
        key=hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest(),
        function=arrays.function,
    )


def _tiling(preprocess: Mapping[str, Any]) -> Tiling | None:
    if preprocess.get("kind") != "tiles":
        return None
    from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor

    tiles = TilePreprocessor.from_description(preprocess)
    return Tiling(tiles.steps, tiles.margin)
