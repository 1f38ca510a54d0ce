"""What experiments have found so far, kept on disk as they go."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

Found = dict[str, np.ndarray]


class Book:
    """Scores of trained networks; one that is written down is not trained again.

    Args:
        folder: where it lies, a file for each network and seed.
        settings: what all of them share and what is not in their names.
    """

    def __init__(self, folder: Path, settings: str) -> None:
        self._folder = folder
        self._settings = settings

    def look_up(
        self, wish: str, name: str, seeds: int, find: Callable[[int], Found]
    ) -> list[Found]:
        """Return what was found for each seed of a network, finding what is missing.

        Args:
            wish: the experiment.
            name: the network.
            seeds: how many, from 0.
            find: seed → what is found.
        """
        return [self._one(wish, name, seed, find) for seed in range(seeds)]

    def _one(
        self, wish: str, name: str, seed: int, find: Callable[[int], Found]
    ) -> Found:
        file = self._folder / f"{wish}-{self._settings}-{name}-seed{seed}.npz"
        if not file.exists():
            found = find(seed)
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(".tmp.npz")
            np.savez_compressed(unfinished, **found)  # type: ignore[arg-type]
            os.replace(unfinished, file)
        with np.load(file) as kept:
            return dict(kept)
