"""Networks that forecast; keras alone, so they run on every backend."""
