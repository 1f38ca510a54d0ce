"""The commands that only recordings have, named in COMMANDS."""
