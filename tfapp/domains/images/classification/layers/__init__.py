"""Layers and a loss of the networks of 1998 to 2014 that Keras does not have."""
