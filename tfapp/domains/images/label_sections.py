"""Sections of photos whose labels are doubtful, and of classes taken for each other."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tfapp.data.spec import Dataset, Example
from tfapp.domains.images.gallery_sections import tile
from tfapp.problems.classification.label_audit import KEY
from tfapp.problems.classification.results import ClassAnswers
from tfapp.problems.classification.verdict import ConfusedPair, confused_pairs
from tfapp.report.blocks import Gallery, Section, Tile
from tfapp.report.wording import percent, shorten
from tfapp.tasks.results import Results

MOST_PAIRS = 6
OF_EACH = 2
"""Photos of either class of a pair."""
MOST_LABELS = 24


def pairs_section(results: Results, dataset: Dataset) -> Section | None:
    """Show two photos of each of the classes that are taken for each other most.

    Args:
        results: of a classifier.
        dataset: gives the images.

    Returns:
        section; None of a single pair of classes, or without mistakes.
    """
    pairs = confused_pairs(results.figures, MOST_PAIRS)
    if len(results.figures["per_class"]) < 3 or not pairs:
        return None
    galleries = tuple(
        Gallery(
            _title(pair), (*_mistaken(pair, results, dataset), *_true(pair, dataset))
        )
        for pair in pairs
    )
    lead = (
        "Side by side: photos of one class that were taken for another, and photos of "
        "that other one from training. What tells them apart is what more photos of "
        "either should show."
    )
    return Section("Confusing pairs", lead, galleries)


def audit_section(results: Results, dataset: Dataset) -> Section | None:
    """Show the labels that are to be checked first; None if nothing was audited."""
    figures = results.figures.get(KEY)
    if not figures or not figures["first"]:
        return None
    by_name = {e.name: e for split in dataset.examples.values() for e in split}
    tiles = []
    for row in figures["first"][:MOST_LABELS]:
        if (example := by_name.get(row["name"])) is None:
            continue
        caption = f"{shorten(row['label'], 24)} → {shorten(row['suggested'], 24)}?"
        picture = tile(dataset, example, caption)
        tiles.append(replace(picture, path=example.name))
    lead = (
        f"Of {figures['examples']:,} labels of training and validation, models that "
        f"have not seen the image contradict {figures['contradicted']:,}; not each of "
        "them is wrong. The most doubtful first: label → what it looks like. "
        "metrics.json names a hundred under label_audit."
    )
    return Section("Labels to check", lead, (Gallery("", tuple(tiles)),))


def _title(pair: ConfusedPair) -> str:
    label, predicted = shorten(pair.label, 32), shorten(pair.predicted, 32)
    share = percent(pair.mistakes / pair.support)
    return f"{label} taken for {predicted}: {pair.mistakes:,} times, {share}"


def _mistaken(pair: ConfusedPair, results: Results, dataset: Dataset) -> Iterator[Tile]:
    """Yield test photos of the pair's mistakes, the surest first."""
    answers: ClassAnswers = results.evidence
    names = answers.class_names
    label, predicted = names.index(pair.label), names.index(pair.predicted)
    wrong = answers.labels == label
    wrong &= answers.probabilities.argmax(axis=1) == predicted
    places = np.flatnonzero(wrong)
    surest = places[np.argsort(-answers.confidence[places], kind="stable")]
    for place in surest[:OF_EACH]:
        example = dataset.examples["test"][place]
        caption = (
            f"{shorten(pair.label, 24)}, {percent(answers.confidence[place])} wrong"
        )
        yield replace(tile(dataset, example, caption), path=example.name)


def _true(pair: ConfusedPair, dataset: Dataset) -> Iterator[Tile]:
    """Yield training photos of the class that was predicted."""
    examples: list[Example] = [
        e for e in dataset.examples["train"] if e.target == pair.predicted
    ]
    for example in examples[:: max(len(examples) // OF_EACH, 1)][:OF_EACH]:
        caption = shorten(pair.predicted, 24)
        yield replace(tile(dataset, example, caption), path=example.name)
