"""What only texts can do: verbs of the Python API, named in VERBS."""
