"""Names that all ways share."""

LAST_BLOCK = {"vgg16": "block5_conv1", "mobilenet_v2": "block_16_expand"}
"""The first layer of the last block."""
