"""Small sets of images that choices are tried on, and features of a recipe's images."""

from typing import NamedTuple

import keras
import numpy as np

from tfapp.base.cache_dir import default_cache_dir
from tfapp.base.reporter import Reporter
from tfapp.data import Dataset
from tfapp.recipes.config import Recipe
from tfapp.training.transfer.features import FeatureStore


class SmallSet(NamedTuple):
    """A small set of images.

    Args:
        path: `data.path` of its recipe.
        side: pixels to which images are brought at first, height = width.
        images: about how many there are to learn from.
        overrides: further settings of its recipe.
        augmentation: table of its recipe, where there is one.
    """

    path: str
    side: int
    images: int
    overrides: tuple[str, ...] = ()
    augmentation: str = "{flip='horizontal', zoom=0.1}"

    @property
    def training_images(self) -> str:
        """`data.path` of its training images alone; of a built-in set all images."""
        return f"{self.path}/train" if "/" in self.path else self.path

    @property
    def l2(self) -> float:
        """`l2` of a head that learns from them, as `fit` sets it."""
        return min(50.0 / self.images, 1.0)

    def settings(self, side: int, path: str = "") -> list[str]:
        """Return the overrides of a recipe for its images at `side` pixels.

        Args:
            side: of an image.
            path: of the images; "" for all of them.
        """
        options = f"{{image_size=[{side}, {side}], resize='crop'}}"
        path = path or self.path
        return [f"data.path={path}", *self.overrides, f"data.options={options}"]


SMALL_SETS = {
    "cats_dogs": SmallSet("$TFAPP_DATA/cats_dogs", 224, 2000),
    "flowers": SmallSet("$TFAPP_DATA/flowers", 160, 2900),
    "blood_cells": SmallSet("$TFAPP_DATA/blood_cells_bccd", 128, 1150),
    "mnist, 20 a class": SmallSet(
        "$TFAPP_DATA/mnist/mnist.npz", 96, 200, ("data.limit=20",)
    ),
    "digits": SmallSet("digits", 96, 1300, (), "{rotate=0.02, zoom=0.1}"),
}

LARGER_SETS = [name for name, images in SMALL_SETS.items() if images.images >= 1000]
"""Those that a part can be taken of."""


def features_of(
    recipe: Recipe,
    dataset: Dataset,
    model: keras.Model,
    split: str = "train",
    views: int = 1,
) -> list[np.ndarray]:
    """Return each view of a split's images as features, from the cache where it can."""
    with Reporter().stage("extract features") as stage:
        cache = default_cache_dir() / "features"
        store = FeatureStore(model.get_layer("extractor"), dataset, cache, stage)
        augmented = [store.view(split, n, recipe.seed) for n in range(1, views)]
        return [np.asarray(rows) for rows in (store.plain(split), *augmented)]
