"""Sections of gpu.py, one file each, and what they share.

`subjects` builds the networks and is the only file that imports tfapp.
"""
