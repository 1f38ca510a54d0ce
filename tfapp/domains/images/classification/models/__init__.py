"""Networks that choose one class per image."""
