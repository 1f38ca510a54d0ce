"""A class for every node of a graph."""
