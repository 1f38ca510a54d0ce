"""Sizes that Keras and PyTorch share."""

SIDES = {"VGG16": 224, "MobileNetV2": 224, "InceptionV3": 299}
"""Pixels."""
TINY_SIDES = {"VGG16": 32, "MobileNetV2": 32, "InceptionV3": 75}
BATCHES = {"VGG16": 128, "MobileNetV2": 256, "InceptionV3": 128}
CLASSES = 2
CHARACTERS, UNITS, SEQUENCES, LENGTH = 65, 512, 100, 100
"""Of the LSTM: alphabet, units of each of two layers, batch, and characters of each."""
TINY_LSTM = (8, 4, 6)
"""Units, sequences and length."""
