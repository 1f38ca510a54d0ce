"""One class for each clip of video."""
