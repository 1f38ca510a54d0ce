"""AdaIN: one network that draws any picture in the style of any other at once."""
