"""Networks that label sentences; keras alone, so they run on every backend."""
