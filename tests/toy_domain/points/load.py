"""A file of points to arrays."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from tfapp.domains.points.preprocessor import PointPreprocessor

from tfapp.base.errors import DataError
from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport, class_counts
from tfapp.data.scan import Usable
from tfapp.data.spec import SPLITS, DataInfo, InputSpec
from tfapp.data.split import fingerprint, split_examples
from tfapp.problems.classification.examples import labelled


def points(context: LoadContext, *, scale: float = 1.0) -> ArrayDataset:
    """Positions in the plane with one class name each.

    Args:
        context: recipe, seed, split file.
        scale: that positions are divided by.
    """
    source, positions = read_points(context)
    usable = Usable(source.examples, source.examples, (), ())
    examples = split_examples(source, usable, context)
    labels = context.labels or source.labels
    preprocessor = PointPreprocessor(context.preprocess.get("scale", scale))
    by_name = {e.name: p for e, p in zip(source.examples, positions, strict=True)}
    names = [e.name for e in examples]
    raw = np.array([by_name[name] for name in names], np.float32)
    return ArrayDataset(
        info=DataInfo(
            {"position": InputSpec((2,))},
            (),
            len(labels),
            labels,
            fingerprint(examples),
        ),
        examples={s: tuple(e for e in examples if e.split == s) for s in SPLITS},
        preprocessor=preprocessor,
        names=names,
        inputs={"position": Column(preprocessor({"position": raw}).numpy())},
        answers=Column(np.array([labels.index(e.target) for e in examples], np.int64)),
        read=lambda example: {"position": by_name[example.name]},
        batch_size=context.config.batch_size,
        one_hot=True,
    )


def check_points(context: LoadContext) -> CheckReport:
    """Report the classes of a file."""
    source, _ = read_points(context)
    count = len(source.examples)
    counts = {"files": count, "usable": count, "unusable": 0, "left out": 0}
    classes = class_counts(source.labels, source.examples)
    return CheckReport(source.name, "points", counts, classes)


def read_points(context: LoadContext) -> tuple[Source, np.ndarray]:
    """Return examples and float32 positions (examples, 2).

    Raises:
        DataError: for a line that is no point.
    """
    path = Path(expand_path(context.config.path))
    examples, positions = [], []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            x, y, label = line.split()
            positions.append((float(x), float(y)))
        except ValueError:
            raise DataError(
                f"{path}, line {number}: expected `x y class`. Received: {line!r}"
            ) from None
        digest = hashlib.sha256(f"{x} {y}".encode()).hexdigest()
        examples.append(replace(labelled(f"line {number}", label), content_hash=digest))
    labels = tuple(sorted({e.target for e in examples}))
    source = Source(path.name, None, tuple(examples), labels)
    return source, np.array(positions, np.float32)
