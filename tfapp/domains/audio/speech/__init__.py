"""What is said in a recording, as text."""
