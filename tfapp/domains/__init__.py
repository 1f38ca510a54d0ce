"""Domains: kinds of raw data, with every task on them.

To add one: a folder here with the doors of docs/architecture.md, and its name below.
Data is recognised by the first of them that does so: recordings by the names of files,
texts by their sentences, which neither paths of images nor times have.
"""

DOMAINS = ("graphs", "audio", "text", "volumes", "images", "series", "reinforcement")
