"""Inputs that are of none of the classes."""
