"""Networks that choose a class for a recording."""
