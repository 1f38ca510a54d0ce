"""Layers of recordings: spectra, changes of them, and frames."""
