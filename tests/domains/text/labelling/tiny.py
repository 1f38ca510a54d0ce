"""Tiny tagged sentences that a network can learn in seconds."""

import random

from tests.domains.tiny import Tiny

ANIMALS, CITIES = ("cat", "dog", "horse", "bird"), ("Paris", "Rome", "New York")
VERBS, INTENTS = ("runs", "sleeps", "eats"), ("report", "question")


def sentences(count=80, seed=0):
    """Yield (tokens, tags, intent) of animals in cities, every fifth one a question."""
    generator = random.Random(seed)
    for number in range(count):
        animal, city = generator.choice(ANIMALS), generator.choice(CITIES).split()
        tokens = ["the", animal, generator.choice(VERBS), "in", *city, f"{number}"]
        places = ["B-city", "I-city"][: len(city)]
        tags = ["O", "B-animal", "O", "O", *places, "O"]
        question = number % 5 == 0
        if question:
            tokens, tags = [*tokens, "?"], [*tags, "O"]
        yield tokens, tags, INTENTS[question]


def columns(path, count=80, separator="\t"):
    """Write a token and its tag on each line."""
    blocks = (
        "\n".join(f"{w}{separator}{t}" for w, t in zip(words, tags, strict=True))
        for words, tags, _ in sentences(count)
    )
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return path


def iob_lines(path, count=80):
    """Write a sentence with its intent on each line, as ATIS has it."""
    lines = (
        f"BOS {' '.join(words)} EOS\tO {' '.join(tags)} {intent}"
        for words, tags, intent in sentences(count)
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def small_model(**options):
    """Return the table of a recipe's model that learns these in seconds."""
    sizes = {"units": 8, "word_units": 8, "character_units": 4}
    sizes |= {"character_filters": 4, "piece_units": 4}
    return {"name": "recurrent_tagger", "options": sizes | options}


def utterances(folder):
    """Animals in cities with intents, for a small network with paths."""
    folder.mkdir(parents=True)
    data = iob_lines(folder / "animals.iob")
    told = folder / "told.txt"
    told.write_text("the cat runs in Paris\nthe dog sleeps in Rome\n", encoding="utf-8")
    table = {
        "data": {"path": str(data), "batch_size": 16},
        "task_options": {"score": "spans"},
        "model": small_model(crf=True),
        "training": {"epochs": 3, "learning_rate": 2e-2, "optimizer": "adam"},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
        },
    }
    return Tiny(str(data), table, [str(told)])
