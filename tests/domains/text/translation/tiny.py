"""Tiny pairs of texts that a network can learn in seconds."""

import random

from tests.domains.tiny import Tiny

WORDS = ("red", "blue", "tree", "stone", "river", "cloud")


def pairs(count=90, seed=0):
    """Return different texts of two or three words, and their first letters."""
    generator, chosen = random.Random(seed), {}
    while len(chosen) < count:
        words = generator.choices(WORDS, k=generator.choice((2, 3)))
        number = generator.randint(0, 99)
        chosen[" ".join((*words, str(number)))] = "".join(w[0] for w in words)
    return list(chosen.items())


def write(path, rows, header=("source", "target"), delimiter="\t"):
    """Write rows of two cells as a table, with a header or without ()."""
    lines = [delimiter.join(row) for row in ([header] if header else []) + rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def initials(folder):
    """Texts and their first letters, for a small network."""
    folder.mkdir(parents=True)
    data = write(folder / "pairs.tsv", pairs())
    asked = folder / "asked.txt"
    asked.write_text("red tree 5\nblue cloud stone 7\n", encoding="utf-8")
    table = {
        "data": {"path": str(data), "batch_size": 32},
        "model": {
            "name": "recurrent_translator",
            "options": {"units": 8, "embedding_units": 4, "beams": 2},
        },
        "training": {"epochs": 2, "learning_rate": 1e-2, "optimizer": "adam"},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
        },
    }
    return Tiny(str(data), table, [str(asked)])
