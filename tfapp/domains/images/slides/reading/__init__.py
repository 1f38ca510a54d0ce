"""Slides and what people have drawn on them, read in parts."""
