"""Images with a number each, or several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import PositiveInt

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport, refused
from tfapp.data.spec import Example
from tfapp.data.split import fingerprint, split_examples
from tfapp.domains.images.check import Examined, examine
from tfapp.domains.images.load import image_parts
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.regression.preprocessor import NumberPreprocessor
from tfapp.domains.images.regression.table import numbers_of, numbers_table
from tfapp.domains.images.shapes import image_info
from tfapp.domains.images.vectors.dataset import VectorDataset
from tfapp.domains.images.vectors.plan import require_enough
from tfapp.problems.regression.scaling import TargetScaling, fit_scaling


@dataclass(frozen=True, eq=False, kw_only=True)
class NumberDataset(VectorDataset):
    """Images with numbers; targets are in deviations from their training mean."""

    preprocessor: NumberPreprocessor

    @property
    def scaling(self) -> TargetScaling:
        """Means and deviations of the training numbers."""
        return self.preprocessor.scaling


def image_numbers(
    context: LoadContext,
    *,
    image_size: tuple[int, int] = (224, 224),
    channels: Literal[1, 3] = 3,
    resize: Literal["crop", "pad", "stretch"] = "crop",
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
    max_pixels: PositiveInt = MAX_PIXELS,
    path_column: str = "",
    label_column: str | tuple[str, ...] = (),
    delimiter: str = "",
) -> NumberDataset:
    """Photographs or other pictures with a number each, or several.

    Args:
        context: recipe, seed, split file, cache folder.
        image_size: height and width in pixels.
        channels: 3 for red, green, blue; 1 for grey.
        resize: what happens to other proportions; see `ImagePreprocessor`.
        interpolation: how pixels are interpolated; see `ImagePreprocessor`.
        max_pixels: larger images are left out before they are decoded.
        path_column: of the CSV file: names the column of the images' paths; "" for
            `path`, or without it the one whose cells are names of images.
        label_column: names the columns of the numbers; () for `label`, or without it
            for all columns but path, split and group.
        delimiter: between cells; "" to find it.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if images or numbers cannot be used, or differ from the split file.
    """
    del path_column, label_column, delimiter  # the table reads them itself
    height, width = image_size  # a list, when the recipe is TOML
    source, names = numbers_table(context)
    preprocessor = NumberPreprocessor(
        (height, width), channels, resize, interpolation, max_pixels
    )
    parts = image_parts(source, context, preprocessor, _split)
    if context.preprocess:  # a trained model is tested: its units count
        trained = NumberPreprocessor.from_description(context.preprocess)
        scaling = trained.scaling
    else:
        numbers = numbers_of(parts["examples"]["train"])
        scaling = fit_scaling(numbers, names, source.name)
    used = [e for split in parts["examples"].values() for e in split]
    parts["preprocessor"] = replace(
        preprocessor, means=scaling.means, deviations=scaling.deviations
    )

    def vectors(examples: Sequence[Example]) -> np.ndarray:
        numbers = numbers_of(examples).reshape(len(examples), len(names))
        return scaling.scaled(numbers)

    info = image_info(preprocessor.shape, names, fingerprint=fingerprint(used))
    return NumberDataset(info=info, vectors=vectors, **parts)


def check_numbers(context: LoadContext) -> CheckReport:
    """Look at all images with numbers and report what is wrong with them."""
    source, names = numbers_table(context)
    examined = examine(source, context)
    facts = {**examined.report.facts, "answers": list(names)}
    report = replace(examined.report, facts=facts)
    try:
        require_enough(report)
        fit_scaling(numbers_of(examined.usable.examples), names, source.name)
    except DataError as error:
        return refused(report, error)
    return report


def _split(
    source: Source, examined: Examined, context: LoadContext
) -> tuple[Example, ...]:
    return split_examples(source, examined.usable, context)
