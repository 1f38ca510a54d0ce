"""Tiny texts that a network can learn in seconds."""

from tests.domains.text.classification.tiny import reviews
from tests.domains.text.labelling.tiny import utterances
from tests.domains.text.language.tiny import rhyme
from tests.domains.text.translation.tiny import initials

TINY = {
    "character_language_model": rhyme,
    "sentence_labelling": utterances,
    "text_classification": reviews,
    "text_translation": initials,
}
