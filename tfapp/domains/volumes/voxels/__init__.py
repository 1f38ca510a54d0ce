"""One class for each grid of voxels."""
