"""Networks that answer with a sequence; keras alone."""
