"""Runs: their folders, and what happens in one from recipe to report."""

from tfapp.runs.folder import (
    Run,
    create,
    find,
    find_unfinished,
    numbered,
    read_card,
    record_start,
)

__all__ = [
    "Run",
    "create",
    "find",
    "find_unfinished",
    "numbered",
    "read_card",
    "record_start",
]
