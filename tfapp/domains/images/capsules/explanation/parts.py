"""A capsule network taken apart: what its class capsules get, give, and draw."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfapp.base.errors import ModelError
from tfapp.domains.images.capsules.layers.primary import PrimaryCapsule
from tfapp.training.speed.folding import strategy_scope

CLASSES, PRIMARY, DECODER = "class_capsules", "primary_capsules", "decoder"


def has_capsules(model: keras.Model) -> bool:
    """Say whether a network has capsules of classes."""
    return any(layer.name == CLASSES for layer in model.layers)


@dataclass(frozen=True)
class CapsuleParts:
    """The parts that explanations of a capsule network look at.

    Args:
        below: images (batch, height, width, channels) → what the class capsules get,
            one tensor or a list.
        classes: the layer of the class capsules.
        decoder: masked class capsules (batch, classes · dim) → pixels in [0, 1], or
            None.
        grid: rows and columns of the capsules below; (1, 1) if they see all of the
            picture.
    """

    below: keras.Model
    classes: Any
    decoder: keras.Model | None
    grid: tuple[int, int]

    def capsules(self, images: np.ndarray) -> np.ndarray:
        """Return float32 poses of the classes (batch, classes, …) for some images."""
        outputs = self.classes(*self._inputs(images))
        poses = outputs[0] if isinstance(outputs, tuple | list) else outputs
        return _array(poses)

    def couplings(self, images: np.ndarray) -> list[np.ndarray]:
        """Return the routing coefficients of each round.

        Returns:
            float32 arrays (batch, classes, children), the children row by row and at
            each place type by type.
        """
        *_, rounds = self.classes.route(*self._inputs(images))
        coefficients = [_array(shares) for shares in rounds]
        if coefficients[0].ndim == 4:  # EM routing: of the one window
            coefficients = [shares[:, 0] for shares in coefficients]
        return coefficients

    def draw(self, capsules: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return what the decoder draws of one capsule of each row.

        Args:
            capsules: float array (batch, classes, dim).
            classes: int array (batch,), whose capsule is drawn.

        Returns:
            uint8 array (batch, height, width, channels).

        Raises:
            ModelError: if the network has no decoder.
        """
        if self.decoder is None:
            raise ModelError("The network has no decoder, so no capsule can be drawn.")
        one_capsule = capsules * np.eye(capsules.shape[1])[classes][..., np.newaxis]
        drawn = self.decoder(
            one_capsule.reshape(len(one_capsule), -1).astype("float32")
        )
        return np.asarray(np.rint(_array(drawn) * 255), np.uint8)

    def _inputs(self, images: np.ndarray) -> list[Any]:
        features = self.below(images.astype("float32"), training=False)
        return list(features) if isinstance(features, tuple | list) else [features]


def capsule_parts(model: keras.Model, *, draws: bool = False) -> CapsuleParts:
    """Take a capsule network apart.

    Args:
        model: with all its outputs.
        draws: whether a decoder is needed.

    Raises:
        ModelError: if it lacks capsules of classes, or a decoder where one is needed.
    """
    names = [layer.name for layer in model.layers]
    if CLASSES not in names:
        raise ModelError(
            f"Model {model.name!r} has no capsules of classes. Expected a capsule "
            "network, such as 'capsnet'; other networks have gradcam and occlusion."
        )
    if draws and DECODER not in names:
        raise ModelError(
            f"Model {model.name!r} has no decoder, so its capsules cannot be drawn. "
            "Expected a network trained with `decoder_units`."
        )
    classes = model.get_layer(CLASSES)
    with strategy_scope(model):
        below = keras.Model(model.input, classes.input, name="below")
    decoder = model.get_layer(DECODER) if DECODER in names else None
    return CapsuleParts(below, classes, decoder, _grid(model, classes))


def _grid(model: keras.Model, classes: Any) -> tuple[int, int]:
    if isinstance(classes.input, list | tuple):  # matrix capsules keep their places
        _, rows, columns, _ = classes.input[1].shape
        return int(rows), int(columns)
    primary = model.get_layer(PRIMARY)
    if not isinstance(primary, PrimaryCapsule):
        return 1, 1
    rows, columns = primary.grid(primary.input.shape)
    return rows, columns


def _array(tensor: Any) -> np.ndarray:
    return np.asarray(
        keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")), "float32"
    )
