"""Layers of captioning; keras alone."""
