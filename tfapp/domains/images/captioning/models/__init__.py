"""Networks that describe pictures; keras alone."""
