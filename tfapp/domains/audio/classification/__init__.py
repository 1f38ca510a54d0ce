"""One class for each recording."""
