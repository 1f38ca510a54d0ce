"""Runs: their folders, and what happens in one from recipe to report."""

from tfapp.runs.finding import find, find_unfinished, newest
from tfapp.runs.folder import Run, create, numbered, read_card, record_start

__all__ = [
    "Run",
    "create",
    "find",
    "find_unfinished",
    "newest",
    "numbered",
    "read_card",
    "record_start",
]
