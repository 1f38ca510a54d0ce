"""Comparison of runs: figures side by side, and which differences are real."""
