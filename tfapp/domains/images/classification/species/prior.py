"""How likely each species is at a place and a time of the year, and what a photo adds.

Sightings near by count by a kernel in space (great circle) and season (circular). Where
there are few, those of the region count, by a kernel five times as wide in space and
twice in season, and where there are none the share of the species among all sightings.
A hundredth of that share remains everywhere, so that nothing is ever cut.

References:
    Mac Aodha, Cole & Perona, Presence-Only Geographical Priors for Fine-Grained Image
    Classification, ICCV 2019, https://arxiv.org/abs/1906.05272
    Berg et al., Birdsnap: Large-Scale Fine-Grained Visual Categorization of Birds,
    CVPR 2014: the kernel estimate in space and season, combined by Bayes' rule
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.special import log_softmax

from tfapp.domains.images.classification.species.sightings import Sightings
from tfapp.problems.packed_arrays import packed, unpacked

EARTH_KM = 6371.0088
YEAR = 365.25
WIDER_KM, WIDER_DAYS = 5.0, 2.0
"""The kernel of the region, in those of the neighbourhood."""
ENOUGH = 1.0
"""Sightings near by that count as much as all of the region."""
EVERYWHERE = 0.01
"""Part of the base rate that remains: no species gets less than this."""


@dataclass(frozen=True)
class SightingsPrior:
    """A fitted prior.

    Args:
        sightings: that it is made of.
        kilometres: deviation of the kernel in space.
        days: deviation of the kernel in season.
        strength: exponent of the prior; 0 for photos alone, 1 for Bayes' rule.
        class_shares: float array (num_classes,), of each class in what the network has
            learned from: Bayes' rule puts the prior in their place.
    """

    sightings: Sightings
    kilometres: float
    days: float
    strength: float
    class_shares: np.ndarray

    @property
    def base(self) -> np.ndarray:
        """Share of each class among all sightings, float (num_classes,), above 0."""
        return base_shares(self.sightings, len(self.class_shares))

    def shares(self, places: np.ndarray) -> np.ndarray:
        """Return how likely each class is at places, by sightings alone.

        Args:
            places: float array (places, 3), see `Sightings`; NaN where not known.

        Returns:
            float array (places, num_classes), above 0; rows sum to 1.
        """
        near, wide = (
            kernel(places, self.sightings.places, self.kilometres * k, self.days * d)
            for k, d in ((1.0, 1.0), (WIDER_KM, WIDER_DAYS))
        )
        return smoothed(near, wide, self.sightings, self.base)

    def combined(self, log_chances: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return log probabilities of the classes by photo, place and date.

        Args:
            log_chances: float array (photos, num_classes), by the photo alone.
            places: float array (photos, 3); of a row of NaN the photo alone decides.

        Returns:
            float array (photos, num_classes), normalised.
        """
        known = np.isfinite(places).any(axis=1)
        together = np.array(log_chances, np.float64)
        if self.strength and known.any():
            added = np.log(self.shares(places[known])) - np.log(self.class_shares)
            together[known] += self.strength * added
        normalised: np.ndarray = log_softmax(together, axis=1)
        return normalised

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready table for `read_prior`."""
        seen = self.sightings
        return {
            "kilometres": self.kilometres,
            "days": self.days,
            "strength": self.strength,
            "places": packed(seen.places, "float32"),
            "species": packed(seen.species, "int32"),
            "weights": packed(seen.weights, "float32"),
            "class_shares": packed(self.class_shares, "float32"),
        }


def read_prior(table: Mapping[str, Any]) -> SightingsPrior:
    """Return what `SightingsPrior.to_json` described."""
    sightings = Sightings(
        unpacked(table["places"]).astype(np.float64),
        unpacked(table["species"]).astype(int),
        unpacked(table["weights"]).astype(np.float64),
    )
    shares = unpacked(table["class_shares"]).astype(np.float64)
    kilometres, days = float(table["kilometres"]), float(table["days"])
    strength = float(table["strength"])
    return SightingsPrior(sightings, kilometres, days, strength, shares)


def base_shares(sightings: Sightings, num_classes: int) -> np.ndarray:
    """Return the share of each class among sightings, each class seen once more."""
    counts = np.bincount(sightings.species, sightings.weights, num_classes) + 1.0
    shares: np.ndarray = counts / counts.sum()
    return shares


def kernel(
    places: np.ndarray, sightings: np.ndarray, kilometres: float, days: float
) -> np.ndarray:
    """Return how much each sighting counts at each place, float in [0, 1].

    Args:
        places: float array (places, 3); what is NaN does not count.
        sightings: float array (rows, 3).
        kilometres: deviation of the Gaussian along great circles.
        days: deviation of the Gaussian around the year.

    Returns:
        float array (places, rows).
    """
    far = np.nan_to_num(kilometres_between(places, sightings), nan=0.0) / kilometres
    late = np.nan_to_num(days_between(places[:, 2], sightings[:, 2]), nan=0.0) / days
    weights: np.ndarray = np.exp(-0.5 * (far**2 + late**2))
    return weights


def kilometres_between(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return great-circle distances, float (places, others), NaN where unknown."""
    chords = np.sqrt(
        np.maximum(2.0 - 2.0 * unit_vectors(places) @ unit_vectors(others).T, 0.0)
    )
    distances: np.ndarray = 2.0 * EARTH_KM * np.arcsin(np.minimum(chords / 2.0, 1.0))
    return distances


def days_between(days: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return days apart around the year, float (days, others), NaN where unknown."""
    apart = np.abs(days[:, None] - others[None]) % YEAR
    shorter: np.ndarray = np.minimum(apart, YEAR - apart)
    return shorter


def unit_vectors(places: np.ndarray) -> np.ndarray:
    """Return points of the unit sphere, float (places, 3)."""
    latitude, longitude = np.radians(places[:, 0]), np.radians(places[:, 1])
    level = np.cos(latitude)
    return np.column_stack(
        [level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)]
    )


def smoothed(
    near: np.ndarray, wide: np.ndarray, sightings: Sightings, base: np.ndarray
) -> np.ndarray:
    """Return shares of the classes at places: of the neighbourhood, region, and all.

    Args:
        near: float array (places, rows), kernel of the neighbourhood.
        wide: float array (places, rows), kernel of the region.
        sightings: that the kernels weigh.
        base: float array (num_classes,), shares among all sightings.
    """
    rows = len(sightings)
    by_class = csr_array(
        (sightings.weights, (np.arange(rows), sightings.species)), (rows, len(base))
    )
    shares = np.broadcast_to(base, (len(near), len(base)))
    for weights in (wide, near):
        counts = np.asarray(weights @ by_class)
        total = counts.sum(axis=1, keepdims=True)
        shares = (counts + ENOUGH * shares) / (total + ENOUGH)
    mixed: np.ndarray = (1.0 - EVERYWHERE) * shares + EVERYWHERE * base
    return mixed
