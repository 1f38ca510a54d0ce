"""Layers of networks that read texts."""
