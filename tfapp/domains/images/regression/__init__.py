"""A number, or several, for each image."""
