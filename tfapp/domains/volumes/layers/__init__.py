"""Mathematics of volumes: depth to distances, boxes in three dimensions.

For programs of one's own, on any Keras backend: no task of tfapp finds boxes yet.
"""

from tfapp.domains.volumes.layers.boxes import keep_best, overlap
from tfapp.domains.volumes.layers.proposals import (
    anchor_labels,
    anchors,
    box_loss,
    decode_boxes,
    encode_boxes,
)
from tfapp.domains.volumes.layers.tsdf import (
    Camera,
    directional_tsdf,
    projective_tsdf,
    surface_points,
    voxel_centres,
)

__all__ = [
    "Camera",
    "anchor_labels",
    "anchors",
    "box_loss",
    "decode_boxes",
    "directional_tsdf",
    "encode_boxes",
    "keep_best",
    "overlap",
    "projective_tsdf",
    "surface_points",
    "voxel_centres",
]
