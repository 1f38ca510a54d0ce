"""Texts to words, words to numbers, and vectors of words from files."""
