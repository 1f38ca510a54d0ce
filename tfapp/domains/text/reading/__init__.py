"""Tables, folders and files to labelled texts."""
