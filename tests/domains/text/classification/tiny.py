"""Tiny texts with classes that a network can learn in seconds."""

import csv
import gzip

import numpy as np

from tests.domains.tiny import Tiny

SUBJECTS = ("the film", "this story", "the whole cast", "her song", "an old joke")
VERBS = ("is", "was", "seems", "feels")
WORDS = {
    "good": ("warm and funny", "a quiet joy", "bright, moving", "simply wonderful"),
    "bad": ("dull and long", "a cold mess", "flat, tired", "simply dreadful"),
}
ENDS = ("from the start", "to the end", "at every turn", "once again", "for everyone")


def sentences(count=120, seed=0):
    """Return (label, sentence) pairs of two classes, no two sentences the same."""
    generator = np.random.default_rng(seed)
    found = {}
    while len(found) < count:
        label = ("good", "bad")[len(found) % 2]
        choice = (SUBJECTS, VERBS, WORDS[label], ENDS)
        parts = [words[generator.integers(len(words))] for words in choice]
        found[f"{' '.join(parts)} {len(found) + 1000}"] = label
    return [(label, text) for text, label in found.items()]


def table(path, rows, header=("label", "text"), delimiter=","):
    """Write rows as CSV, by gzip if the name says so."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([header, *rows])
    return path


def reviews(folder):
    """A table of 120 sentences for a small sentence CNN next to n-grams."""
    folder.mkdir(parents=True)
    path = table(folder / "reviews.csv", sentences())
    inputs = [folder / "one.txt", folder / "two.txt"]
    inputs[0].write_text("The cast is WARM and funny, once again! 👍", encoding="utf-8")
    inputs[1].write_text("an old joke, dull and long", encoding="utf-8")
    recipe = {
        "data": {"path": str(path), "batch_size": 16},
        "model": {
            "name": "sentence_cnn",
            "options": {"dims": 8, "filters": 4, "ngrams": 0.5},
        },
        "training": {"epochs": 3, "learning_rate": 1e-2},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
        },
    }
    return Tiny(str(path), recipe, [str(file) for file in inputs])
