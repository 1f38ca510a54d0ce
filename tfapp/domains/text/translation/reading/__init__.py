"""Pairs of texts: from tables, and generated ones."""
