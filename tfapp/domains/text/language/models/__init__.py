"""Networks that predict the next character; keras alone."""
