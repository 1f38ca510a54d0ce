"""Domains: kinds of raw data, with every task on them.

To add one: a folder here with the doors of docs/architecture.md, and its name below.
"""

DOMAINS = ("images", "series")
