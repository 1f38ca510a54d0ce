"""Tiny recordings that a network can learn in seconds."""

from tests.domains.audio.recordings import (
    class_folders,
    spoken,
    tone,
    transcribed,
    write_wav,
)
from tests.domains.tiny import Tiny

RUNTIME = {"deterministic": True, "checkpoint_seconds": 0.0, "precision": "float32"}


def tones(folder):
    """Low and high tones by class for a network of one block."""
    data = class_folders(folder / "tones")
    inputs = [folder / "one.wav", folder / "two.wav"]
    for file, label in zip(inputs, ("low", "high"), strict=True):
        write_wav(file, tone(label, 100))
    table = {
        "data": {
            "path": str(data),
            "batch_size": 8,
            "options": {"seconds": 0.2, "speakers": "mixed"},
            "augmentation": {"speed": 0.1, "noise": 0.1, "tilt": 0.2},
        },
        "model": {
            "name": "audio_cnn",
            "options": {"filters": [4], "units": 8, "bands": 10, "ridge": 0.5},
        },
        "training": {"epochs": 2, "learning_rate": 1e-2},
        "runtime": RUNTIME,
    }
    return Tiny(str(data), table, [str(file) for file in inputs])


def letters(folder):
    """Tones in a row as texts of a and b for a small convolutional network."""
    data = transcribed(folder / "letters")
    # One alone: tokens are filled up to the longest answer of a batch.
    inputs = [write_wav(folder / "one.wav", spoken("bba", 100))]
    table = {
        "data": {
            "path": str(data),
            "batch_size": 8,
            "options": {"speakers": "mixed"},
            "augmentation": {"speed": 0.1},
        },
        "model": {
            "name": "speech_cnn",
            "options": {"filters": [4], "units": [8], "bands": 10, "hop": 0.02},
        },
        "training": {"epochs": 2, "learning_rate": 1e-2},
        "runtime": RUNTIME,
    }
    return Tiny(str(data), table, [str(file) for file in inputs])


TINY = {"audio_classification": tones, "speech": letters}
