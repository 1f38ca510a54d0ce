"""Names and sizes of networks that draw, which their exports need without Keras."""

DRAWING = "drawing"
"""Name of the layer that takes pictures of any size whose sides its stride divides."""
SHRINKS = 4
"""How many times smaller a picture is inside Johnson's network."""
STYLE = "style"
"""Name of the second input of AdaIN's network."""
PADDING = "padding"
"""Name of the layer of AdaIN's network that adds reflections around a picture."""
MARGIN = 2
"""Rows and columns of features that these reflections give."""
