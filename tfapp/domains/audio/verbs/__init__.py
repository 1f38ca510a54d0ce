"""What only recordings can do: verbs of the Python API, named in VERBS."""
