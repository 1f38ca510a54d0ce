"""Sentence labelling: a tag for every token, and an intent for the sentence."""
