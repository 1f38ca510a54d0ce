"""No tiny data: an agent plays, and has tests of its own runs."""

TINY = {}
