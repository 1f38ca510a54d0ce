"""Where images and their masks lie, and which belong together."""
