"""What a kind of explanation receives, and what it gives back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from scipy.special import expit

from tfapp.base.reporter import Reporter
from tfapp.data.spec import Dataset
from tfapp.problems.classification.calibration import softmax

MOST_ANSWERED = 3
"""Tags of a picture that are explained."""


def log_odds(logits: np.ndarray, index: int) -> np.ndarray:
    """Return log(p / (1 - p)) of one class: unlike p, it never saturates.

    Args:
        logits: float array (examples, num_classes).
        index: of the class.

    Returns:
        float array (examples,).
    """
    others = np.delete(logits, index, axis=1)
    highest = others.max(axis=1, keepdims=True)
    total = np.log(np.exp(others - highest).sum(axis=1)) + highest[:, 0]
    return np.asarray(logits[:, index] - total)


@dataclass(frozen=True)
class Subject:
    """The model that is explained, and what is known of it.

    Args:
        model: float tensor (batch, height, width, channels) in [0, 255] → float32
            logits (batch, num_classes), or a dict with them.
        class_names: in the order of the logits.
        dataset: loads the data that the model was trained on, when it is needed.
        cache: folder of stored features.
        reporter: receives the progress of long work before the first picture.
        temperature: by which logits are divided before the softmax.
        thresholds: of a model of tags, the probability from which on each is answered;
            () for a model of classes.
    """

    model: keras.Model
    class_names: tuple[str, ...]
    dataset: Callable[[], Dataset]
    cache: Path
    reporter: Reporter
    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()

    def shares(self, logits: np.ndarray) -> np.ndarray:
        """Return the probabilities of logits (pictures, num_classes)."""
        if self.thresholds:
            return np.asarray(expit(np.asarray(logits, np.float64)))
        return softmax(logits / self.temperature)

    def log_odds(self, logits: np.ndarray, index: int) -> np.ndarray:
        """Return log(p / (1 - p)) of a class, float array (pictures,)."""
        if self.thresholds:
            return np.asarray(logits[:, index], np.float64)
        return log_odds(logits / self.temperature, index)

    def answered(self, logits: np.ndarray) -> tuple[int, ...]:
        """Return the predicted class of one picture, or its tags, the likeliest first.

        Args:
            logits: float array (num_classes,).

        Returns:
            At least one, and at most `MOST_ANSWERED`.
        """
        order = np.argsort(-logits, kind="stable").tolist()
        if not self.thresholds:
            return (order[0],)
        shares = self.shares(logits[np.newaxis])[0]
        chosen = [i for i in order if shares[i] >= self.thresholds[i]]
        return tuple(chosen[:MOST_ANSWERED] or order[:1])


@dataclass(frozen=True)
class Picture:
    """One picture as the network sees it.

    Args:
        pixels: uint8 array (height, width, channels).
        logits: float array (num_classes,).
        classes: indices of the classes to explain, the predicted one first.
    """

    pixels: np.ndarray
    logits: np.ndarray
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Heat:
    """A map over a picture.

    Args:
        title: what it is, in a few words.
        values: float array (rows, columns); at 0 the picture shows as it is.
        class_index: the class whose score it explains.
        signed: values may be negative (against the class); else they lie in [0, 1].
        unit: what the values are.
    """

    title: str
    values: np.ndarray
    class_index: int
    signed: bool
    unit: str


@dataclass(frozen=True)
class Photo:
    """A picture from elsewhere that explains.

    Args:
        image: uint8 array (height, width, 3).
        caption: one or two short lines.
    """

    image: np.ndarray
    caption: str


@dataclass(frozen=True)
class Finding:
    """What one kind of explanation found for one picture.

    Args:
        summary: in a few words.
        facts: JSON-ready.
        heats: maps over the picture.
        photos: other pictures.
        photos_title: heading of the photos.
        photos_per_row: on a sheet.
    """

    summary: str
    facts: Any
    heats: tuple[Heat, ...] = ()
    photos: tuple[Photo, ...] = ()
    photos_title: str = ""
    photos_per_row: int = 5


Tick = Callable[[int], None]
"""Called with the number of passes through the network just done."""


class Explainer(Protocol):
    """Explains pictures to one model."""

    @property
    def passes(self) -> int:
        """Passes through the network that one picture takes."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What holds for every picture, JSON-ready."""

    def __call__(self, pictures: Sequence[Picture], tick: Tick) -> list[Finding]:
        """Explain some pictures; one finding each, in their order."""


Kind = Callable[[Subject], Explainer]
"""A kind of explanation: raises ModelError if it cannot explain the model, and other
TfappErrors if what it needs is not here."""
