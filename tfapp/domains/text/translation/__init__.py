"""Sequences out: a text to another text, by an encoder, attention and a decoder."""
