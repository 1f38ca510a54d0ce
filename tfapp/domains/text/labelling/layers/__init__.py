"""Layers of sentence labelling; keras alone, so they run on every backend."""
