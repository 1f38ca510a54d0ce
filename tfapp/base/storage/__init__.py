"""Outputs that appear whole, stay, and are as they were written."""
