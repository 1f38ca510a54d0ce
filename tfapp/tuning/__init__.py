"""Searches for better settings; every trial is a run in its own process."""
