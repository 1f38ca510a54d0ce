"""Layers of arbitrary style."""
