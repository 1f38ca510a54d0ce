"""Volumes: grids of voxels, and clips of video, to a class.

The tables name what recipes may use, as "module:function" relative to this package.
"""

FORMS = (
    "a folder of .npy or .npz grids per class, or of clips of video or their frames, "
    "or the built-in `shapes` or `motion`"
)
"""What `data.path` may be, for messages."""

DATA = {"clips": "clips.load:clips", "voxels": "voxels.load:voxels"}
"""Kinds of data: what the examples are and what the network receives."""

CHECKS = {"clips": "clips.check:check_clips", "voxels": "voxels.check:check_voxels"}
"""What reports the faults of each kind of data."""

SPLITS = {"clips": ("random", "order"), "voxels": ("random", "order")}
"""Kind of data → the ways to split it."""

AUGMENTATIONS = {
    "clips": "augmentation:ClipAugmentation",
    "voxels": "augmentation:VoxelAugmentation",
}
"""What `[data.augmentation]` may hold for each kind of data."""

TASKS = {
    "clip_classification": "clips.task:task",
    "volume_classification": "voxels.task:task",
}

INTERFACES = {
    "clip_classification": "clips.interface:INTERFACE",
    "volume_classification": "voxels.interface:INTERFACE",
}
"""What the exported models of each task take and answer, without the task."""

TASK_DATA = {
    "clip_classification": ("clips",),
    "volume_classification": ("voxels",),
}
"""The kinds of data that each task learns from; the first is the default."""

REQUIREMENTS = {
    "clip_classification": {
        "fine_tune": (None, "networks of clips are trained from random weights"),
    },
    "volume_classification": {
        "fine_tune": (None, "networks of volumes are trained from random weights"),
    },
}
"""Task → recipe key → what it has to be, and why."""

MODELS = {
    "c3d": "models.c3d:c3d",
    "clip_cnn": "models.clip_cnn:clip_cnn",
    "voxel_cnn": "models.voxel_cnn:voxel_cnn",
}
"""Networks: builders that return a keras.Model of logits."""

MODEL_SHAPES = {"c3d": ((16, 112, 112, 3), 487)}
"""Model → the input and the number of outputs of the published network."""

PLANS = {
    "clip_classification": "clips.plan:plan",
    "volume_classification": "voxels.plan:plan",
}
"""Task → what writes the recipe of `tfapp fit`."""
