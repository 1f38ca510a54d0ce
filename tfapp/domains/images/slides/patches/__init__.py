"""Patches cut from outlined slides, to learn from as images with class names."""
