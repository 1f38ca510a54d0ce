"""Attention, and the decoder that writes with it; keras alone."""
