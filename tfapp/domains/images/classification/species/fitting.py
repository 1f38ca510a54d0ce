"""Kernel and strength of the prior, chosen on validation photos.

Strength 0, the photo alone, is among the candidates, and it is taken unless another one
surely makes photos likelier that had no say in the choice. So a prior that is wrong or
empty changes nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_softmax

from tfapp.domains.images.classification.species.prior import (
    WIDER_DAYS,
    WIDER_KM,
    SightingsPrior,
    base_shares,
    days_between,
    kilometres_between,
    smoothed,
)
from tfapp.domains.images.classification.species.sightings import Sightings, thinned

KILOMETRES = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0)
DAYS = (10.0, 20.0, 40.0, 80.0)
STRENGTHS = (0.25, 0.5, 0.75, 1.0)
FOLDS = 5
SURE = 2.0
"""Standard errors by which the gain in cross-validation has to exceed 0."""
FEWEST = 20
"""Validation photos with a place that a choice needs."""
MOST = 500
"""Validation photos that it is made on."""


@dataclass(frozen=True)
class Fitted:
    """A prior and why it is as it is.

    Args:
        prior: None if there is none; strength 0 never stands in it.
        photos: validation photos with a place or a date that it was chosen on.
        gain: mean log likelihood that it adds per photo in cross-validation, in nats.
        error: standard error of the gain.
        note: why there is no prior, "" if there is one.
    """

    prior: SightingsPrior | None
    photos: int = 0
    gain: float = 0.0
    error: float = 0.0
    note: str = ""

    def facts(self) -> dict[str, Any]:
        """Return JSON-ready figures."""
        prior = self.prior
        return {
            "strength": prior.strength if prior else 0.0,
            "kilometres": prior.kilometres if prior else None,
            "days": prior.days if prior else None,
            "sightings": float(prior.sightings.weights.sum()) if prior else 0.0,
            "validation_photos": self.photos,
            "validation_gain": self.gain,
            "validation_gain_error": self.error,
        }


def fit_prior(
    sightings: Sightings,
    class_shares: np.ndarray,
    log_chances: np.ndarray,
    labels: np.ndarray,
    places: np.ndarray,
) -> Fitted:
    """Choose kernel and strength by the likelihood of validation photos.

    Args:
        sightings: of the classes.
        class_shares: float array (num_classes,), see `SightingsPrior`.
        log_chances: float array (photos, num_classes), by the photo alone, calibrated.
        labels: int array (photos,), the true classes.
        places: float array (photos, 3), NaN where not known.
    """
    if not len(sightings):
        return Fitted(None, note="there is no sighting of any class")
    judged = np.flatnonzero(np.isfinite(places).any(axis=1))
    judged = np.sort(np.random.default_rng(0).permutation(judged)[:MOST])
    if len(judged) < FEWEST:
        note = (
            f"{len(judged)} validation photos have a place or a date, and a choice "
            f"needs {FEWEST}"
        )
        return Fitted(None, len(judged), note=note)
    sightings = thinned(sightings)
    candidates, losses, alone = _losses(
        sightings, class_shares, log_chances[judged], labels[judged], places[judged]
    )
    gained = _cross_validated(losses, alone)
    gain = float(gained.mean())
    error = float(gained.std(ddof=1) / np.sqrt(len(gained)))
    if not gain > SURE * error:
        note = (
            "it does not surely make photos likelier that had no say in the choice "
            f"({gain:+.3f} nats each, standard error {error:.3f})"
        )
        return Fitted(None, len(judged), gain, error, note)
    kilometres, days, strength = candidates[int(losses.mean(axis=1).argmin())]
    prior = SightingsPrior(sightings, kilometres, days, strength, class_shares)
    return Fitted(prior, len(judged), gain, error)


def _losses(
    sightings: Sightings,
    class_shares: np.ndarray,
    log_chances: np.ndarray,
    labels: np.ndarray,
    places: np.ndarray,
) -> tuple[list[tuple[float, float, float]], np.ndarray, np.ndarray]:
    """Return candidates, the log loss of each photo by each, and by the photo alone.

    Returns:
        (kilometres, days, strength) of each candidate; float arrays (candidates,
        photos) and (photos,).
    """
    far = np.nan_to_num(kilometres_between(places, sightings.places)).astype("float32")
    late = days_between(places[:, 2], sightings.places[:, 2])
    late = np.nan_to_num(late).astype("float32")
    base = base_shares(sightings, len(class_shares))
    near_days = {d: np.exp(-0.5 * (late / d) ** 2) for d in DAYS}
    wide_days = {d: np.exp(-0.5 * (late / (WIDER_DAYS * d)) ** 2) for d in DAYS}
    every = np.arange(len(labels))
    candidates, losses = [], []
    for kilometres in KILOMETRES:
        near = np.exp(-0.5 * (far / kilometres) ** 2)
        wide = np.exp(-0.5 * (far / (WIDER_KM * kilometres)) ** 2)
        for days in DAYS:
            shares = smoothed(
                near * near_days[days], wide * wide_days[days], sightings, base
            )
            added = np.log(shares) - np.log(class_shares)
            for strength in STRENGTHS:
                together = log_softmax(log_chances + strength * added, axis=1)
                candidates.append((kilometres, days, strength))
                losses.append(-together[every, labels])
    alone = -log_softmax(log_chances, axis=1)[every, labels]
    return candidates, np.array(losses), alone


def _cross_validated(losses: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Return what each photo gains by the candidate that the other folds choose.

    Strength 0, which gains nothing, is among them.
    """
    photos = losses.shape[1]
    fold = np.random.default_rng(0).permutation(photos) % FOLDS
    gained = np.zeros(photos)
    for number in range(FOLDS):
        judged, others = fold == number, fold != number
        means = losses[:, others].mean(axis=1)
        best = int(means.argmin())
        if means[best] < alone[others].mean():
            gained[judged] = alone[judged] - losses[best][judged]
    return gained
