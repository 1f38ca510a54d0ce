"""Networks that name a token, or nothing, for every frame of a recording."""
