"""What a scan leaves: maps, lesions, a page, and figures where the truth is known."""
