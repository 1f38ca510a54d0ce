"""A network that answers patches, moved over a slide."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tfapp.domains.images.slides.scanning.answers import AnswerFile
from tfapp.domains.images.slides.scanning.feed import Feed
from tfapp.domains.images.slides.scanning.grid import Block, Grid

Answer = Callable[[np.ndarray], np.ndarray]
"""uint8 (batch, height, width, 3) → float32 (batch, classes)."""


def batches_of_tiles(
    grid: Grid, blocks: Sequence[Block], size: int, skip: int
) -> Iterator[np.ndarray]:
    """Yield tiles in batches, uint8 (batch, height, width, 3).

    Args:
        grid: of the slide.
        blocks: of the grid, in order.
        size: tiles of a batch; the last one may be smaller.
        skip: tiles at the beginning that are left out, a multiple of `size`.
    """
    batch: list[np.ndarray] = []
    for block in blocks:
        if skip >= len(block.rows):
            skip -= len(block.rows)
            continue
        for number, tile in enumerate(grid.tiles(block)):
            if number < skip:
                continue
            batch.append(tile)
            if len(batch) == size:
                yield np.stack(batch)
                batch = []
        skip = 0
    if batch:
        yield np.stack(batch)


def scan_tiles(
    answer: Answer,
    grid: Grid,
    blocks: Sequence[Block],
    answers: AnswerFile,
    *,
    batch_size: int,
    turns: int,
    progress: Callable[[int, int], None],
) -> Feed[np.ndarray]:
    """Answer all tiles that a file of answers lacks.

    Args:
        answer: the network.
        grid: of the slide.
        blocks: of the grid, in order.
        answers: gets a row for each tile.
        batch_size: tiles of a batch.
        turns: views of each tile whose answers are averaged.
        progress: called with tiles done and in all.

    Returns:
        What has been read, with the seconds that took.

    Raises:
        DataError: if the slide is damaged.
    """
    total = sum(len(block.rows) for block in blocks)
    skip = answers.done
    feed = Feed(lambda: batches_of_tiles(grid, blocks, batch_size, skip))
    for tiles in feed:
        answers.append(turned_mean(answer, tiles, turns))
        progress(answers.done, total)
    return feed


def turned_mean(answer: Answer, tiles: np.ndarray, turns: int) -> np.ndarray:
    """Return the mean answer to views of tiles, float32 (batch, classes).

    Args:
        answer: the network.
        tiles: uint8 (batch, height, width, 3).
        turns: 1 for the tiles as they are, 4 for their quarter turns, 8 for those and
            their mirror images. Tiles that are not square turn by half.
    """
    quarters = (0, 1, 2, 3) if tiles.shape[1] == tiles.shape[2] else (0, 2)
    views = [np.rot90(tiles, k, axes=(1, 2)) for k in quarters[:turns]]
    if turns == 8:
        views += [view[:, :, ::-1] for view in views]
    answers = [answer(np.ascontiguousarray(view)) for view in views]
    return np.asarray(np.mean(answers, axis=0, dtype=np.float32))
