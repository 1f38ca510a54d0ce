"""Networks of fast style."""
