"""Captions: photos to texts, by a grid of features, attention and a decoder."""
