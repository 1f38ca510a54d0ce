"""Where a segmentation finds each class, and where it is in doubt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.explanation.explaining import Work, readable
from tfapp.domains.images.explanation.places import where
from tfapp.domains.images.explanation.spec import (
    Explainer,
    Finding,
    Heat,
    Photo,
    Picture,
    Subject,
    Tick,
)
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.segmentation.data.tiles import (
    TilePreprocessor,
    compiled_decode,
)
from tfapp.domains.images.segmentation.objects import label_objects
from tfapp.domains.images.segmentation.pictures import tint
from tfapp.domains.images.segmentation.segmenter import Segmenter
from tfapp.export.spec import Exported
from tfapp.layers.outputs import logits_model

SURE = 0.75
"""Probability of the likeliest class below which a pixel is in doubt."""
SHOWN_CLASSES = 3
"""Classes of a picture that are shown unless one is requested."""
SMALLEST = 1e-7
"""Share whose logarithm stands for smaller ones."""


@dataclass(frozen=True)
class MaskedPicture(Picture):
    """One picture of any size with the answer for every pixel.

    Args:
        probabilities: float array (height, width, num_classes).
    """

    probabilities: np.ndarray


def regions(subject: Subject) -> "Regions":
    """Where a segmentation finds each class, and where it is in doubt.

    Raises:
        ModelError: if the model answers once for a whole image.
    """
    if len(subject.model.outputs[0].shape) != 4:
        raise ModelError("the model answers once for a whole image, not for its pixels")
    return Regions(subject.class_names)


@dataclass(frozen=True)
class Regions:
    """Draws probability and doubt of every pixel, and the mask that follows.

    Args:
        class_names: in the order of the probabilities; the first is the background.
    """

    class_names: tuple[str, ...]
    passes: int = 1

    @property
    def facts(self) -> Mapping[str, Any]:
        """Below which probability a pixel counts as in doubt."""
        return {"sure": SURE}

    def __call__(self, pictures: Sequence[Picture], tick: Tick) -> list[Finding]:
        """Explain some pictures; their answers are there already."""
        findings = [self._finding(cast(MaskedPicture, p)) for p in pictures]
        tick(len(pictures))
        return findings

    def _finding(self, picture: MaskedPicture) -> Finding:
        shares = picture.probabilities
        classes = shares.argmax(axis=-1).astype(np.uint8)
        doubt = _entropy(shares)
        heats, facts = [], []
        for number, index in enumerate(picture.classes):
            heats.append(_heat("Probability", shares[..., index], index))
            if number == 0:
                heats.append(_heat("Doubt", doubt, index))
            own = classes == index
            facts.append(
                {
                    "class": self.class_names[index],
                    "share": round(float(own.mean()), 6),
                    "objects": label_objects(own.astype(np.uint8))[1],
                }
            )
        unsure = float((shares.max(axis=-1) < SURE).mean())
        rgb = np.broadcast_to(picture.pixels, (*classes.shape, 3))
        return Finding(
            f"{unsure:.1%} of the pixels are in doubt; doubt {where(doubt)}",
            {"unsure": round(unsure, 6), "classes": facts},
            tuple(heats),
            (Photo(tint(rgb, classes), "Objects are coloured by class"),),
            "Answer",
            3,
        )


def mask_work(
    subject: Subject,
    explainers: dict[str, Explainer],
    preprocess: Mapping[str, Any],
    label: str,
) -> "MaskWork":
    """Return what explains pictures to a segmentation.

    Args:
        subject: the model, tiles to logits.
        explainers: by name.
        preprocess: description, as the model's card holds it.
        label: as `explain` takes it.
    """
    preprocessor = TilePreprocessor.from_description(preprocess)
    names = subject.class_names
    exported = Exported(
        logits_model(subject.model),
        preprocessor,
        DataInfo({}, (), len(names), names),
        {"temperature": subject.temperature},
    )
    segmenter = Segmenter(exported)

    def decode(encoded: bytes) -> Any:
        file = decodable(encoded, preprocessor.max_pixels)
        return compiled_decode(preprocessor)(tf.constant(file)).numpy()

    def answer(image: np.ndarray) -> np.ndarray:
        return np.asarray(segmenter.probabilities(tf.constant(image)))

    return MaskWork(subject, explainers, readable(decode), label, answer)


@dataclass(frozen=True)
class MaskWork(Work):
    """Explains pictures of any size.

    Args:
        answer: uint8 array (height, width, channels) → probabilities (height, width,
            num_classes).
    """

    answer: Callable[[np.ndarray], np.ndarray]

    def _pictures(self, paths: Sequence[Path], pixels: list[Any]) -> list[Picture]:
        return [
            self._picture(path, image)
            for path, image in zip(paths, pixels, strict=True)
        ]

    def _picture(self, path: Path, image: np.ndarray) -> MaskedPicture:
        probabilities = self.answer(image)
        shares = probabilities.mean(axis=(0, 1), dtype=np.float64)
        # The sheet divides logits by the temperature; the shares are there already.
        logits = np.log(np.maximum(shares, SMALLEST)) * self.subject.temperature
        return MaskedPicture(image, logits, self._shown(path, logits), probabilities)

    def _shown(self, path: Path, logits: np.ndarray) -> tuple[int, ...]:
        """Return the class that is requested, else the largest but the background."""
        if self.label:
            return self._classes(path, logits)[-1:]
        objects = [int(i) for i in np.argsort(-logits, kind="stable") if i]
        return tuple(objects[:SHOWN_CLASSES])


def _heat(title: str, values: np.ndarray, index: int) -> Heat:
    unit = "probability" if title == "Probability" else "entropy, share of the largest"
    return Heat(title, values, index, False, unit)


def _entropy(shares: np.ndarray) -> np.ndarray:
    """Return the entropy of every pixel's classes as a share of the largest one."""
    safe = np.maximum(shares, SMALLEST)
    entropy: np.ndarray = -(safe * np.log(safe)).sum(axis=-1) / np.log(shares.shape[-1])
    return np.clip(entropy, 0.0, 1.0)
