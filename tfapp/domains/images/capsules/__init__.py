"""Capsule networks on images: layers, networks, task and explanations."""
