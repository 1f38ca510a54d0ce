"""The exercise of the lecture: does a picture show the two axes of a coordinate system?

Two filters set by hand, one for upright lines and one for level ones, slide over the
picture without padding; max pooling keeps the strongest answer of each 2x2 window, and
both filters have to find a line.
"""

from dataclasses import dataclass

import numpy as np

from tfapp.domains.images.lab.filters import correlate

UPRIGHT = np.array([[-1.0, 2.0, -1.0]] * 3)
LEVEL = UPRIGHT.T
STRENGTH = 4.0
"""What a line of three pixels gives at least that another line may cross."""


@dataclass(frozen=True)
class AxesSearch:
    """Every step of one search.

    Args:
        upright: answers of the filter for upright lines, (height - 2, width - 2).
        level: answers of the filter for level lines.
        pooled_upright: the largest of each 2x2 window of them.
        pooled_level: the same of the level lines.
    """

    upright: np.ndarray
    level: np.ndarray
    pooled_upright: np.ndarray
    pooled_level: np.ndarray

    @property
    def axes(self) -> bool:
        """Whether both filters find a line somewhere."""
        strongest = (self.pooled_upright.max(), self.pooled_level.max())
        return min(strongest) >= STRENGTH


def find_axes(image: np.ndarray, relu: bool = False) -> AxesSearch:
    """Search for an upright and a level line.

    Args:
        image: (height, width), 0 for paper and 1 for ink.
        relu: set negative answers to zero before pooling, which changes no decision.
    """
    maps = [correlate(image, w) for w in (UPRIGHT, LEVEL)]
    if relu:
        maps = [np.maximum(answers, 0.0) for answers in maps]
    return AxesSearch(maps[0], maps[1], _pool(maps[0]), _pool(maps[1]))


def _pool(answers: np.ndarray) -> np.ndarray:
    rows, columns = (side // 2 for side in answers.shape)
    cut = answers[: 2 * rows, : 2 * columns]
    return cut.reshape(rows, 2, columns, 2).max(axis=(1, 3))


def examples() -> dict[str, np.ndarray]:
    """Return the three pictures of 6x6 pixels that the exercise is worked on."""
    both, upright = np.zeros((6, 6)), np.zeros((6, 6))
    both[2], both[:, 2] = 1.0, 1.0
    upright[:, 2] = 1.0
    return {"both axes": both, "an upright line": upright, "a diagonal": np.eye(6)}
