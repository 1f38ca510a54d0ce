"""Report pages: their blocks, style, wording, and the sections every run has."""
