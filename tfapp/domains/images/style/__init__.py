"""Neural style: a picture with the content of one and the style of others is drawn."""
