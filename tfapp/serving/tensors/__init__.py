"""Tensors in HTTP requests and responses."""
