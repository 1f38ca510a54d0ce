"""Several tags for each image, or none."""
