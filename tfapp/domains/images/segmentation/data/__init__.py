"""Images with masks: pairing, checking, splitting, and cutting into tiles."""
