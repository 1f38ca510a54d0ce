"""Domains: kinds of raw data, with every task on them.

To add one: a folder here with the doors of docs/architecture.md, and its name below.
Data is recognised by the first of them that does so: texts by their sentences, which
neither paths of images nor times have.
"""

DOMAINS = ("graphs", "text", "volumes", "images", "series")
