"""What is wrong with grids of voxels, and what `fit` has to know of them."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport, class_counts, refused, set_problems
from tfapp.data.scan import Inspection, Usable, scan, usable_examples
from tfapp.domains.volumes.loading import require_enough
from tfapp.domains.volumes.voxels.grid_files import GridError, read_grid
from tfapp.domains.volumes.voxels.source import open_source

NOUN = "grids"
LEAST_SIDE = 4
"""Voxels of a side below which no network has anything to look at."""
SPARSE = 0.001
"""Share of voxels that are set below which a grid of occupancy is odd."""


@dataclass(frozen=True)
class GridFacts:
    """What the inspection of one grid reports.

    Args:
        stamp: see `tfapp.data.scan.inspection`.
        fault: see there.
        detail: see there.
        content_hash: of shape and numbers.
        shape: as in the file.
        occupancy: "yes" if all numbers are 0 or 1.
        filled: share of the numbers that are not 0.
        mean: of the numbers.
        square: mean of their squares.
    """

    stamp: str = ""
    fault: str = ""
    detail: str = ""
    content_hash: str = ""
    shape: tuple[int, ...] = ()
    occupancy: str = ""
    filled: float = 0.0
    mean: float = 0.0
    square: float = 0.0


@dataclass(frozen=True)
class Examined:
    """Grids after the inspection.

    Args:
        source: as they were found.
        facts: of every grid by its name; those of another shape have a fault.
        usable: those to learn from or to test on.
        shape: that they share, as in their files.
        report: of everything.
    """

    source: Source
    facts: Mapping[str, GridFacts]
    usable: Usable
    shape: tuple[int, ...]
    report: CheckReport

    @property
    def occupancy(self) -> bool:
        """Whether all numbers of all usable grids are 0 or 1."""
        return all(self.facts[e.name].occupancy for e in self.usable.examples)


def inspect_grid(content: bytes, stamp: str) -> GridFacts:
    """Return the facts about the content of one file."""
    try:
        grid = read_grid(content)
    except GridError as error:
        return GridFacts(stamp, error.fault, error.detail)
    if fault := _fault(grid):
        return GridFacts(stamp, *fault)
    numbers = grid.astype(np.float32)
    occupancy = bool(((grid == 0) | (grid == 1)).all())
    kind = hashlib.blake2b(str(grid.shape).encode(), digest_size=16)
    kind.update(np.ascontiguousarray(numbers).tobytes())
    return GridFacts(
        stamp,
        content_hash=kind.hexdigest(),
        shape=grid.shape,
        occupancy="yes" if occupancy else "",
        filled=float(np.mean(grid != 0)),
        mean=float(numbers.mean(dtype=np.float64)),
        square=float(np.square(numbers, dtype=np.float64).mean()),
    )


INSPECTION = Inspection(GridFacts, inspect_grid, "grids 1")


def check_voxels(context: LoadContext) -> CheckReport:
    """Read all grids and report what is wrong with them."""
    report = examine(context).report
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def examine(context: LoadContext, shape: tuple[int, ...] = ()) -> Examined:
    """Read all grids; report what is usable and what is wrong.

    Args:
        context: of the loading.
        shape: that a trained model takes; () for the most frequent one.
    """
    source = open_source(context)
    facts = dict(scan(source, context, INSPECTION))
    counted = Counter(f.shape for f in facts.values() if not f.fault)
    shape = shape or (counted.most_common(1)[0][0] if counted else ())
    for name, fact in facts.items():
        if not fact.fault and fact.shape != shape:
            detail = f"its shape is {_text(fact.shape)}, others have {_text(shape)}."
            facts[name] = replace(fact, fault="other shape", detail=detail)
    usable = usable_examples(source, facts)
    used = [facts[e.name] for e in usable.examples]
    problems = [
        *source.problems,
        *usable.problems,
        *_oddities(source, usable, facts),
        *set_problems(source, usable.examples, NOUN),
    ]
    report = CheckReport(
        name=source.name,
        noun=NOUN,
        counts=usable.counts(source),
        classes=class_counts(source.labels, usable.examples),
        facts={
            "shape": list(shape),
            "occupancy": all(f.occupancy for f in used),
            "filled": float(np.mean([f.filled for f in used])) if used else 0.0,
        },
        problems=tuple(problems),
        duplicates=tuple(tuple(e.name for e in g) for g in usable.duplicates),
    )
    return Examined(source, facts, usable, shape, report)


def _fault(grid: np.ndarray) -> tuple[str, str] | None:
    """Return fault and detail of a grid that was read, None if it can be used."""
    if not np.isfinite(grid).all():
        return "not finite", "it holds NaN or infinity."
    if min(grid.shape[:3]) < LEAST_SIDE:
        detail = f"its shape is {_text(grid.shape)}. Expected sides of {LEAST_SIDE}."
        return "too small", detail
    first = grid.flat[0]
    if (grid == first).all():
        if first == 0:
            return "empty", "no voxel is set."
        return "full", f"every voxel is {first}."
    return None


def _oddities(
    source: Source, usable: Usable, facts: Mapping[str, GridFacts]
) -> Iterator[Problem]:
    """Yield what is odd about single grids that are used."""
    for e in usable.examples:
        fact = facts[e.name]
        if fact.occupancy and not SPARSE <= fact.filled <= 1 - SPARSE:
            kind = "nearly empty" if fact.filled < 0.5 else "nearly full"
            detail = f"{fact.filled:.2%} of its voxels are set."
            yield Problem(source.relative_name(e), kind, "used with care", detail)


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
