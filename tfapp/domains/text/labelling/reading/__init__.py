"""Files of tagged sentences: CoNLL-U, columns, and ATIS lines."""
