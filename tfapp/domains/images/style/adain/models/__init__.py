"""Networks of arbitrary style."""
