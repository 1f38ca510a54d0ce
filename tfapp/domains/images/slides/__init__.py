"""Whole slides, larger than memory: read in parts, scanned by networks of patches."""
