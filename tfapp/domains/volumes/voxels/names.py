"""Names by which grids of voxels are recognised."""

SHAPES = "shapes"
"""The built-in source."""
SUFFIXES = (".npy", ".npz")
