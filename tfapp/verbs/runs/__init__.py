"""What is done with runs that exist: list them, delete some."""
