"""The simple classifiers of volumes that a network has to beat, on the same split."""

from collections.abc import Sequence

import numpy as np

from tfapp.data.spec import Dataset, Example, Pass
from tfapp.layers.logistic_regression import fit_best
from tfapp.problems.baseline_rows import MOST_ROWS
from tfapp.problems.classification.baselines import class_baseline, largest_class
from tfapp.problems.classification.results import ClassAnswers
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

MOST_NUMBERS = 4096
"""Of a volume that a linear classifier takes; larger ones are averaged over blocks."""


def volume_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return the largest class, and a logistic regression on the volumes themselves.

    The strength of its penalty is chosen on the validation split.

    Args:
        results: of `evaluate_classifier`.
        dataset: of volumes; without training examples the base rate alone is returned.
        features: of no use here.
    """
    del features
    answers: ClassAnswers = results.evidence
    simple = [largest_class(answers, dataset)]
    train = dataset.examples["train"]
    thinned = np.linspace(0, len(train) - 1, min(len(train), MOST_ROWS)).astype(int)
    rows, labels = _rows(dataset, [train[i] for i in thinned])
    if len(np.unique(labels)) < 2:
        return tuple(simple)
    held_out = dataset.examples["validation"]
    model = fit_best(
        (rows, labels),
        _rows(dataset, held_out) if held_out else None,
        len(answers.class_names),
    )
    test, _ = _rows(dataset, dataset.examples["test"])
    right = model.logits(test).argmax(axis=1) == answers.labels
    side = "x".join(map(str, _sides(dataset)))
    name = f"logistic regression on the volume, {side}"
    return (*simple, class_baseline(name, right, answers))


def block_means(volumes: np.ndarray, most: int = MOST_NUMBERS) -> np.ndarray:
    """Return volumes averaged over equal blocks, with at most so many numbers each.

    Args:
        volumes: float array (batch, depth, height, width, channels).
        most: numbers of a result.

    Returns:
        float32 array (batch, numbers); what is left behind the last whole block counts
        no more.
    """
    return _average_blocks(volumes, most).reshape(len(volumes), -1)


def _average_blocks(volumes: np.ndarray, most: int) -> np.ndarray:
    count, *sides, channels = volumes.shape
    step = 1
    while channels * np.prod([max(1, side // step) for side in sides]) > most:
        step += 1
    steps = [min(step, side) for side in sides]
    kept = [side // s for side, s in zip(sides, steps, strict=True)]
    ends = [slice(0, k * s) for k, s in zip(kept, steps, strict=True)]
    parts = [n for k, s in zip(kept, steps, strict=True) for n in (k, s)]
    blocks = volumes[(slice(None), *ends)].reshape(count, *parts, channels)
    means: np.ndarray = blocks.mean(axis=(2, 4, 6), dtype=np.float32)
    return means


def _sides(dataset: Dataset) -> tuple[int, ...]:
    """Return depth, height and width that a linear classifier sees."""
    shape = [side or 1 for side in dataset.info.only_input.shape]
    return _average_blocks(np.zeros((1, *shape), np.float32), MOST_NUMBERS).shape[1:4]


def _rows(
    dataset: Dataset, examples: Sequence[Example]
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (examples, numbers) and their labels."""
    labels = np.asarray(dataset.targets(examples), np.int64).reshape(len(examples))
    batches = dataset.batches(examples, Pass()).as_numpy_iterator()
    rows = [block_means(volumes) for volumes, *_ in batches]
    return (np.concatenate(rows) if rows else np.zeros((0, 1), np.float32)), labels
