"""What is seen of a tagger in training: precision over recall of each tag."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from scipy.special import expit

from tfapp.problems.multilabel.thresholds import MIDDLE
from tfapp.tasks.watching import Curve, Glance, Item, View

MOST_CURVES = 10
"""Tags with a curve: the most frequent ones."""


def tag_views(glance: Glance) -> tuple[View, ...]:
    """Return the views of the whole validation split, for tags."""
    return (View("curves", partial(_curves, glance), 1.0, pictures=False),)


def likely_tags(logits: np.ndarray, names: tuple[str, ...]) -> str:
    """Return the tags of more than even chance, most likely first, "none" for none."""
    chances = expit(logits)
    order = [i for i in np.argsort(-chances) if chances[i] > MIDDLE]
    return ", ".join(names[i] for i in order) or "none"


def _curves(glance: Glance) -> Mapping[str, Item]:
    chances = expit(np.stack(list(glance.answers(glance.examples))))
    truth = np.asarray(glance.dataset.targets(glance.examples)) > 0
    names, counts = glance.dataset.info.labels, truth.sum(axis=0)
    shown = np.argsort(-counts, kind="stable")[:MOST_CURVES]
    return {
        f"precision and recall/{names[i]}": Curve(truth[:, i], chances[:, i])
        for i in sorted(shown[counts[shown] > 0])
    }
