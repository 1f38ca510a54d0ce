"""What training's decoder reads and how, for code that does without TensorFlow."""

DECODER_VERSION = 4
"""Raise it when the same file would give other pixels; caches depend on it."""

FORMATS = ("JPEG", "BMP", "PNG", "GIF", "WEBP")
"""In the order of every list of branches of the decoder; names are Pillow's."""

END_MARK = b"\xff\xd9"
TAIL = 1 << 16
"""Bytes at the end of a JPEG among which its end mark lies; some cameras add more."""
CUT_OFF = "the end of the file is missing"
RATIOS = (1, 2, 4, 8)
"""By how much libjpeg can shrink an image while it transforms it back."""
SCANNED_SIDE = 512
"""Pixels a side that a scan keeps at least; it shrinks larger photos to fewer than
twice as many, by halves, while it decodes them."""
