"""Capsules: groups of units whose vector has a length and a direction.

The length is how likely it is that what the capsule stands for is in the picture,
the direction how it looks. One file each: vectors and their squashing, the lowest
capsules, what those that are fully connected share, every kind of routing, what is read
from the capsules of the classes, losses; and the same for matrices.
"""
