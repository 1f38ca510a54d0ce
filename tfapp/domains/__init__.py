"""Kinds of data; to add one: a folder here, and its name below."""

DOMAINS = ("images",)
