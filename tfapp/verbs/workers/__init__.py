"""Several processes for one run: workers, and those that decode for them."""
