"""All that a network answers of one slide, from its tiles to the cells of a map."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.domains.images.slides.reading.area import Area
from tfapp.domains.images.slides.reading.slide import Scaled
from tfapp.domains.images.slides.results.heat import AnsweredCells, gathered
from tfapp.domains.images.slides.scanning.answers import AnswerFile
from tfapp.domains.images.slides.scanning.dense import (
    DenseGrid,
    cell_of,
    cells_of,
    scan_pixels,
)
from tfapp.domains.images.slides.scanning.feed import Feed
from tfapp.domains.images.slides.scanning.grid import Grid
from tfapp.domains.images.slides.scanning.network import PatchNetwork, Tiling
from tfapp.domains.images.slides.scanning.patches import scan_tiles
from tfapp.domains.images.slides.scanning.settings import ScanSettings

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Answered:
    """What the network answered.

    Args:
        values: float32 (rows, columns), probabilities of the target; NaN where nothing
            was scanned.
        shares: class → share of the scanned cells where it is the most probable.
        cell: pixels of level 0 along a side of a cell.
        key: of all that the answers depend on.
        facts: JSON-ready: tiles, seconds, tiles per second, share of time reading.
    """

    values: np.ndarray
    shares: Mapping[str, float]
    cell: float
    key: str
    facts: Mapping[str, Any]


def answer_slide(
    network: PatchNetwork,
    scaled: Scaled,
    area: Area,
    target: int,
    settings: ScanSettings,
    work: Path,
    progress: Progress,
) -> Answered:
    """Ask a network for all tiles of an area, but for those that it has answered.

    Args:
        network: answers patches.
        scaled: the slide at the scale of the patches.
        area: what is scanned.
        target: number of the class of the heat map.
        settings: of the scan.
        work: folder of the answers.
        progress: called with tiles done and in all.

    Raises:
        DataError: if the slide is damaged.
        StorageError: if the answers cannot be written.
    """
    ask = _of_patches if network.tiling is None else _of_pixels
    return ask(network, scaled, area, target, settings, work, progress)


def _of_patches(
    network: PatchNetwork,
    scaled: Scaled,
    area: Area,
    target: int,
    settings: ScanSettings,
    work: Path,
    progress: Progress,
) -> Answered:
    cell = settings.stride or max(1, max(network.size) // 2)
    grid = Grid(scaled, cell, network.size)
    chosen = grid.chosen(area)
    blocks = grid.blocks(chosen)
    size, classes = settings.batch_size, len(network.names)
    key = _key(network, scaled, chosen, (*network.size, cell, size, settings.turns))
    shape, total = (classes,), int(chosen.sum())
    with AnswerFile(work, {"key": key}, shape, size, total) as answers:
        began, before = time.monotonic(), answers.done
        feed = scan_tiles(
            network.answer,
            grid,
            blocks,
            answers,
            batch_size=size,
            turns=settings.turns,
            progress=progress,
        )
        facts = _facts(feed, total, total - before, time.monotonic() - began)
        rows = answers.rows()

        def cells() -> Iterator[AnsweredCells]:
            start = 0
            for block in blocks:
                yield block, rows[start : start + len(block.rows)]
                start += len(block.rows)

        values, counts = gathered(chosen, cells(), classes, target)
    shares = _shares(network, counts)
    return Answered(values, shares, grid.level0_cell, key, facts)


def _of_pixels(
    network: PatchNetwork,
    scaled: Scaled,
    area: Area,
    target: int,
    settings: ScanSettings,
    work: Path,
    progress: Progress,
) -> Answered:
    tiling = network.tiling or Tiling((1, 1), 0)
    grid = DenseGrid(scaled, settings.stride or cell_of(scaled), tiling)
    chosen, blocks = grid.grid.chosen(area), grid.blocks(area)
    classes, total = len(network.names), len(blocks)
    key = _key(network, scaled, chosen, (grid.cell, *grid.sides))
    shape = (*(side // grid.cell for side in grid.sides), classes)
    with AnswerFile(work, {"key": key}, shape, 1, total) as answers:
        began, before = time.monotonic(), answers.done
        feed = scan_pixels(network.answer, grid, blocks, answers, progress)
        facts = _facts(feed, total, total - before, time.monotonic() - began)
        rows = answers.rows()
        cells = (
            (cells_of(grid, row, column), answer.reshape(-1, classes))
            for (row, column), answer in zip(blocks.tolist(), rows, strict=True)
        )
        values, counts = gathered(chosen, cells, classes, target)
    shares = _shares(network, counts)
    return Answered(values, shares, grid.grid.level0_cell, key, facts)


def _key(
    network: PatchNetwork, scaled: Scaled, chosen: np.ndarray, numbers: tuple[int, ...]
) -> str:
    """Return a hash of all that answers depend on."""
    status = scaled.slide.path.stat()
    parts = [
        network.key,
        status.st_size,
        status.st_mtime_ns,
        scaled.downsample,
        hashlib.sha256(np.packbits(chosen).tobytes()).hexdigest(),
        *chosen.shape,
        *numbers,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _facts(feed: Feed[Any], tiles: int, asked: int, seconds: float) -> dict[str, Any]:
    """Return figures of the work, for as many tiles as were asked for now."""
    facts: dict[str, Any] = {"tiles": tiles, "asked": asked, "seconds": seconds}
    if asked:
        facts["tiles_per_second"] = asked / seconds
        facts["reading_share"] = feed.busy / seconds
        facts["waiting_share"] = feed.waited / seconds
    return facts


def _shares(network: PatchNetwork, counts: np.ndarray) -> dict[str, float]:
    shares = counts / max(1, int(counts.sum()))
    return dict(zip(network.names, shares.tolist(), strict=True))
