"""What only images can do: verbs of the Python API, named in VERBS."""
