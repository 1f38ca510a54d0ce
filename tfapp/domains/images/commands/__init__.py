"""The commands that only images have, named in COMMANDS."""
