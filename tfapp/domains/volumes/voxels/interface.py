"""What an exported classifier of volumes takes and answers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.domains.volumes.voxels.grid_files import encoded_grid, plain_npy
from tfapp.domains.volumes.voxels.names import SUFFIXES
from tfapp.domains.volumes.voxels.preprocessor import read_preprocessor
from tfapp.export.spec import Arrays, Exported, Interface, Signature
from tfapp.problems.classification.interface import (
    class_prediction,
    class_signatures,
    classes_of,
)

GRIDS = "serve_grids"
"""Name of the signature that takes arrays of numbers."""


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of a classifier of volumes by name.

    Args:
        exported: its model takes scaled grids and returns logits.

    Returns:
        Those of `class_signatures`, which take the contents of .npy files as `volume`;
        and "serve_grids", which takes `grids`, float32 (batch, *shape of a grid), and
        answers alike.
    """
    classes = classes_of(exported)
    preprocessor = exported.preprocessor

    def serve_grids(grids: Any) -> Mapping[str, Any]:
        return classes(preprocessor.scale(grids))

    def numbers(raw: Arrays) -> Arrays:
        grids = (preprocessor(raw) * preprocessor.deviation + preprocessor.mean).numpy()
        return {"grids": np.reshape(grids, (-1, *preprocessor.shape))}

    spec = {"grids": tf.TensorSpec((None, *preprocessor.shape), tf.float32)}
    return {
        **class_signatures(exported, classes),
        GRIDS: Signature(serve_grids, spec, numbers),
    }


INTERFACE = Interface(
    signatures=signatures,
    prediction=class_prediction,
    preprocessor=read_preprocessor,
    outputs={"probabilities": "classes"},
    convert=plain_npy,
    encode=encoded_grid,
    suffixes=SUFFIXES,
)
