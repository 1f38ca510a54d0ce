"""The commands that only texts have, named in COMMANDS."""
