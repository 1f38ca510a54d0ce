"""Small sets of images that choices are tried on, and features of a recipe's images."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from tfapp import recipes
from tfapp.base.cache_dir import default_cache_dir
from tfapp.base.reporter import Reporter
from tfapp.data import Dataset, load_dataset
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.recipes.config import Recipe
from tfapp.tasks.build import build_model
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


class Featured(NamedTuple):
    """A data set as the head of a network sees it.

    Args:
        dataset: gives examples and class names.
        model: network whose extractor made the features.
        features: split → float array (examples, dims).
        labels: split → int array (examples,).
    """

    dataset: Dataset
    model: keras.Model
    features: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]


def featured(path: str, overrides: Iterable[str] = ()) -> Featured:
    """Return all splits of images as MobileNetV2's features, of 192 pixels a side.

    Args:
        path: `data.path` of the images.
        overrides: further settings of the recipe.
    """
    settings = [f"data.path={path}", "data.options.image_size=[192,192]"]
    settings += ["runtime.precision=float32", *overrides]
    recipe = recipes.load_recipe("cats_dogs_features", settings)
    dataset = load_dataset(recipe.data, seed=recipe.seed)
    model = build_model(recipe.model, dataset.info)
    splits = [split for split, examples in dataset.examples.items() if examples]
    features = {s: features_of(recipe, dataset, model, s)[0] for s in splits}
    labels = {s: np.asarray(dataset.targets(dataset.examples[s])) for s in splits}
    return Featured(dataset, model, features, labels)


def features_of_files(of: Featured, folder: Path, most: int) -> np.ndarray:
    """Return features of images of any folder, float array (images, dims).

    Args:
        of: whose preprocessing and network make them.
        folder: searched through.
        most: images, drawn at random if there are more.
    """
    files = [p for p in folder.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES]
    drawn = np.random.default_rng(0).permutation(sorted(map(str, files)))[:most]
    preprocessor: Any = of.dataset.preprocessor
    extractor, rows = of.model.get_layer("extractor"), []
    for start in range(0, len(drawn), 32):
        contents = [Path(file).read_bytes() for file in drawn[start : start + 32]]
        encoded = [decodable(content, preprocessor.max_pixels) for content in contents]
        rows.append(extractor(preprocessor({"image_bytes": np.array(encoded, object)})))
    return np.concatenate([np.asarray(part) for part in rows])


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
