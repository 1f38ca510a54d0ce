"""A network as one file of another runtime: LiteRT or ONNX.

Next to the file lies a card, FILE.json: the runtime's names of input and output, the
labels, the preprocessing, and how far its answers are from those of the Keras model.
"""

FORMATS = {"litert": ".tflite", "onnx": ".onnx"}
"""Format → how its files end."""


def card_name(file_name: str) -> str:
    """Return the name of the card next to a file."""
    return f"{file_name}.json"
