"""Sentences divided into tokens, and the ids of their parts."""
