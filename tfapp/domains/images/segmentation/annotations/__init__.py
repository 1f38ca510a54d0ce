"""Outlines and colours of annotation tools, from which masks are drawn."""
