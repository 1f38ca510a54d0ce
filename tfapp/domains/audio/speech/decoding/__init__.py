"""From logits of frames to texts: searches, alignments, n-grams, long recordings."""
