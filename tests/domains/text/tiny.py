"""Tiny texts that a network can learn in seconds."""

from tests.domains.text.labelling.tiny import utterances

TINY = {"sentence_labelling": utterances}
