"""Sections of small images with a row of numbers or tags each."""

from collections.abc import Callable, Sequence

import numpy as np

from tfapp.data.spec import Dataset, Example
from tfapp.domains.images.gallery_sections import tile
from tfapp.report.blocks import Gallery, Section

MOST = 24


def worst_section(
    dataset: Dataset,
    losses: np.ndarray,
    caption: Callable[[int], str],
    lead: str,
    *,
    wrong: np.ndarray | None = None,
) -> Section | None:
    """Show the test images whose answers are worst, the worst first.

    Args:
        dataset: gives the images.
        losses: how wrong each answer is, float (test examples,).
        caption: place in the test split → truth and answer in a few words.
        lead: the section in one sentence.
        wrong: which answers are wrong, bool (test examples,); None where that is a
            matter of degree.

    Returns:
        The section, None if no answer is wrong.
    """
    examples = dataset.examples["test"]
    order = np.argsort(-losses, kind="stable")
    if wrong is not None:
        order = order[wrong[order]]
    if not len(order):
        return None
    tiles = tuple(tile(dataset, examples[i], caption(i)) for i in order[:MOST].tolist())
    return Section("Worst mistakes", lead, (Gallery("", tiles),))


def spread_section(
    dataset: Dataset, order: Sequence[int], caption: Callable[[Example], str], lead: str
) -> Section | None:
    """Show training images evenly spread over an order, None without any.

    Args:
        dataset: gives the images.
        order: places in the training split.
        caption: example → its answer in a few words.
        lead: the section in one sentence.
    """
    if not len(order):
        return None
    places = np.linspace(0, len(order) - 1, min(MOST, len(order))).astype(int)
    examples = [dataset.examples["train"][order[place]] for place in places]
    tiles = tuple(tile(dataset, e, caption(e)) for e in examples)
    return Section("Sample of the data", lead, (Gallery("", tiles),))
