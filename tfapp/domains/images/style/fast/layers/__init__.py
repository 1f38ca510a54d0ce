"""Layers of fast style."""
