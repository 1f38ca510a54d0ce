"""Digits learnt upright anywhere, and recognised bent."""

from functools import partial

import keras
import numpy as np
from sklearn.linear_model import RidgeCV
from wishes import digits, drawings
from wishes.book import Found
from wishes.training import NETWORKS, right, train

from tfapp.domains.images.capsules.explanation.parts import capsule_parts

EQUAL, LAST = "at equal accuracy", "at the end"
MEASURED = ("placed", "bent")
SIDE, JUDGES = 40, 1000


class Course:
    """What every network goes through.

    Args:
        examples: upright digits to learn, placed anew in every epoch.
        tests: other digits, placed as those, and bent.
        epochs: of training.
    """

    def __init__(self, examples: int, tests: int, epochs: int) -> None:
        self._learnt, tested = digits.mnist()
        self._examples, self._epochs = examples, epochs
        chosen = digits.some(tested, tests, 0)
        self._held = _laid(chosen, 1)
        self._bent, self._poses = digits.bent(chosen, SIDE, 2)

    def run(self, name: str, equal_at: float, seed: int) -> Found:
        """Train a network and return what it recognises.

        Args:
            name: of the network.
            equal_at: accuracy on placed digits of no other use at whose first epoch
                it is measured too; a network that stays below it, at the end alone.
            seed: of digits, weights and places.

        Returns:
            "placed" and "bent" with each of `EQUAL` and `LAST`: whether each digit is
            recognised; of networks with a decoder "read": R² of the three poses.
        """
        drawn = digits.some(self._learnt, self._examples + JUDGES, seed)
        judge = _laid(digits.Digits(*(part[-JUDGES:] for part in drawn)), seed)
        found: Found = {}

        def at_equal_accuracy(model: keras.Model) -> None:
            if not found and right(model, judge).mean() >= equal_at:
                found.update(self._measured(model, EQUAL))

        model = train(
            NETWORKS[name],
            digits.Digits(*(part[:-JUDGES] for part in drawn)),
            seed,
            epochs=self._epochs,
            change=partial(digits.placed, side=SIDE),
            after_epoch=at_equal_accuracy,
        )
        last = self._measured(model, LAST)
        if not found:
            found = {f"{what} {EQUAL}": last[f"{what} {LAST}"] for what in MEASURED}
        if name in drawings.DRAWING:
            last["read"] = np.array(readable(model, self._bent, self._poses))
        return found | last

    def _measured(self, model: keras.Model, when: str) -> Found:
        both = zip(MEASURED, (self._held, self._bent), strict=True)
        return {f"{what} {when}": right(model, shown) for what, shown in both}


def readable(
    model: keras.Model, bent: digits.Digits, poses: digits.Poses
) -> tuple[float, ...]:
    """Return R² of each pose number, read linearly off the true class's capsule."""
    capsules = capsule_parts(model).capsules(bent.images)
    kept = capsules * np.eye(10)[bent.labels][..., np.newaxis]
    # A line of its own for each class: masked capsules, and which class it is.
    rows = np.concatenate(
        [kept.reshape(len(kept), -1), np.eye(10)[bent.labels]], axis=1
    )
    half = len(rows) // 2
    found = []
    for values in poses:
        model_of = RidgeCV(np.logspace(-4, 2, 7)).fit(rows[:half], values[:half])
        found.append(float(model_of.score(rows[half:], values[half:])))
    return tuple(found)


def _laid(plain: digits.Digits, seed: int) -> digits.Digits:
    random = np.random.default_rng(seed)
    return digits.Digits(digits.placed(plain.images, random, SIDE), plain.labels)
