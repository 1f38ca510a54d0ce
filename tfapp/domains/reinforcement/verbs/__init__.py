"""Verbs of the Python API for agents that play."""
