"""A tiny text that a network can learn in seconds."""

from tests.domains.tiny import Tiny

LINES = ("the cat sat on the mat\n", "a dog ran to the log\n", "and so they sang é\n")


def text(lines=90):
    """Return three lines again and again."""
    return "".join(LINES[i * i % 3] for i in range(lines))


def rhyme(folder):
    """Three lines in turns, for a small network."""
    folder.mkdir(parents=True)
    path = folder / "rhyme.txt"
    path.write_text(text(), encoding="utf-8")
    prompt = folder / "prompt.txt"
    prompt.write_text("the cat s", encoding="utf-8")
    table = {
        "data": {
            "path": str(path),
            "batch_size": 8,
            "split": {"by": "order"},
            "options": {"window": 16, "look_back": 16},
        },
        "model": {
            "name": "recurrent_language_model",
            "options": {"units": 16, "embedding_units": 8, "ngram_order": 3},
        },
        "training": {"epochs": 3, "learning_rate": 2e-2, "optimizer": "adam"},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
        },
    }
    return Tiny(str(path), table, [str(prompt)])
