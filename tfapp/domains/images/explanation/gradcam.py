"""Grad-CAM: where the last convolutional maps speak for a class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfapp.domains.images.explanation.gradients import score_gradients
from tfapp.domains.images.explanation.network import Split, split
from tfapp.domains.images.explanation.places import peak, where
from tfapp.domains.images.explanation.spec import Finding, Heat, Picture, Subject, Tick


def gradcam(subject: Subject) -> "GradCam":
    """Where the last convolutional maps speak for a class (Grad-CAM).

    Raises:
        ModelError: if the model has no convolutional feature map.
    """
    return GradCam(split(subject.model), subject.class_names)


def class_maps(
    network: Split, images: np.ndarray, pairs: Sequence[tuple[int, int]]
) -> np.ndarray:
    """Compute Grad-CAM maps.

    Args:
        network: cut at the maps.
        images: float array (batch, height, width, channels) in [0, 255].
        pairs: image and class of each map.

    Returns:
        float32 array (pairs, rows, columns), at least 0, not scaled.
    """
    # Called, not predicted: one small batch is done before a graph would be traced.
    maps = keras.ops.cast(network.below(images, training=False), "float32")
    chosen, classes = np.array(pairs).T
    activations = keras.ops.take(maps, chosen, axis=0)
    weighted = weighted_maps(network, activations, classes)
    return np.asarray(keras.ops.convert_to_numpy(weighted))


def weighted_maps(network: Split, maps: Any, classes: Any) -> Any:
    """Weight the maps of pictures by what they contribute to a class, and add them up.

    Each feature map is weighted by the mean gradient of the class's logit over its
    places; of the weighted sum only what is positive counts.

    Args:
        network: cut at the maps.
        maps: float32 tensor (batch, rows, columns, features), also one inside a graph.
        classes: int array or tensor (batch,).

    Returns:
        float32 tensor (batch, rows, columns), at least 0, not scaled.

    Reference:
        Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via
        Gradient-based Localization, ICCV 2017, https://arxiv.org/abs/1610.02391
    """
    gradients = score_gradients(network.above, maps, classes)
    weights = keras.ops.mean(gradients, axis=(1, 2), keepdims=True)
    return keras.ops.relu(keras.ops.sum(weights * maps, axis=-1))


@dataclass(frozen=True)
class GradCam:
    """Draws one map for each requested class.

    Args:
        network: cut at its last convolutional feature map.
        class_names: in the order of the logits.
    """

    network: Split
    class_names: tuple[str, ...]
    passes: int = 1

    @property
    def facts(self) -> Mapping[str, Any]:
        """The layer whose maps are read, and their rows and columns."""
        return {"layer": self.network.layer, "grid": list(self.network.grid)}

    def __call__(self, pictures: Sequence[Picture], tick: Tick) -> list[Finding]:
        """Explain some pictures in one batch."""
        pairs = [(i, c) for i, p in enumerate(pictures) for c in p.classes]
        images = np.stack([p.pixels for p in pictures]).astype("float32")
        maps = iter(class_maps(self.network, images, pairs))
        findings = [self._finding(p, [next(maps) for _ in p.classes]) for p in pictures]
        tick(len(pictures))
        return findings

    def _finding(self, picture: Picture, maps: Sequence[np.ndarray]) -> Finding:
        heats, facts = [], []
        for index, values in zip(picture.classes, maps, strict=True):
            highest = float(values.max())
            name = self.class_names[index]
            scaled = values / highest if highest > 0 else values
            heats.append(Heat("Grad-CAM", scaled, index, False, "share of the peak"))
            facts.append({"class": name, "score": highest, **peak(values)})
        return Finding(f"Grad-CAM {where(maps[0])}", facts, tuple(heats))
