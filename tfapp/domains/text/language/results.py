"""How well the next character is predicted: nats, bits, and n-grams beside them."""

from collections.abc import Mapping, Sequence
from math import inf, log
from typing import Any, NamedTuple, cast

import numpy as np
from scipy.special import log_softmax

from tfapp.base.errors import DataError
from tfapp.base.intervals import paired_interval
from tfapp.data.spec import Dataset, Example
from tfapp.domains.text.language.kneser_ney import ORDER, fit_ngrams
from tfapp.domains.text.language.load import TextDataset
from tfapp.problems.classification.metrics import check_finite
from tfapp.report.blocks import Fact
from tfapp.tasks.results import (
    Baseline,
    Calibration,
    PrimaryMetric,
    Quantity,
    Results,
)
from tfapp.tasks.scores import score_table
from tfapp.tasks.spec import Features, Outputs

METRIC = PrimaryMetric(
    "nats_per_character",
    "Loss a character",
    "loss",
    "nats",
    (0.0, inf),
    better="lower",
    scores="pooled",
    others=(Quantity("bits_per_character", "Bits a character", "bits", "bits"),),
    examples="stretches",
    labels="characters",
)


class Evidence(NamedTuple):
    """What baselines and sections are made from.

    Args:
        losses: of every test character, float (characters,).
        lengths: characters of each stretch, (stretches,).
        grams: losses of n-grams on the same characters; None without training part.
    """

    losses: np.ndarray
    lengths: np.ndarray
    grams: np.ndarray | None


def evaluate_language_model(
    outputs: Outputs, data: Dataset, calibration: Calibration | None
) -> Results:
    """Judge the predictions of the test part, each character once.

    Args:
        outputs: split → logits of each stretch, float (length or more, characters).
        data: stretches of a running text.
        calibration: not used.

    Raises:
        DataError: if no character is left for the test.
        TrainingError: if logits are not finite.
    """
    dataset = cast(TextDataset, data)
    examples = dataset.examples["test"]
    if not examples:
        raise DataError(
            "No character is left for the test part. Raise `data.split.test`."
        )
    parts = losses_of(outputs("test"), dataset, "test")
    lengths = np.array([len(part) for part in parts], float)
    means = np.array([part.mean() for part in parts])
    losses = np.concatenate(parts)
    figures = _figures(means, lengths, len(losses))
    grams = _gram_losses(dataset, dataset.ends[1]) if dataset.ends[0] else None
    rows = [(f"{n:.9g}",) for n in lengths]
    return Results(
        metric=METRIC,
        figures=figures,
        calibration={},
        scores=score_table(examples, means.tolist(), ("weight",), rows),
        headline=_headline(figures),
        evidence=Evidence(losses, lengths, grams),
    )


def losses_of(logits: Any, dataset: TextDataset, split: str) -> list[np.ndarray]:
    """Return the loss of every scored character of each stretch, in nats."""
    parts = []
    examples: Sequence[Example] = dataset.examples[split]
    for rows, example in zip(logits, examples, strict=True):
        stretch, scored = dataset.stretches[example.name], dataset.scored(example)
        length = stretch.stop - 1 - stretch.start
        own = rows[length - scored : length]
        check_finite(own)
        answers = dataset.text[stretch.scored : stretch.stop]
        shares = log_softmax(own.astype(np.float64), axis=-1)
        parts.append(-shares[np.arange(scored), answers])
    return parts


def language_baselines(
    results: Results, data: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what n-grams reach on the same characters.

    They are counted on the training and the validation part, since they have no need of
    the latter.

    Args:
        results: of `evaluate_language_model`.
        data: not used.
        features: not used.
    """
    evidence = cast(Evidence, results.evidence)
    if evidence.grams is None:
        return ()
    return (_baseline(f"Kneser-Ney {ORDER}-grams", evidence.grams, evidence),)


def _gram_losses(dataset: TextDataset, start: int) -> np.ndarray:
    """Return the losses of n-grams counted up to a character, on those from it on."""
    text = dataset.text
    model = fit_ngrams(text[:start], dataset.preprocessor.size)
    first = max(0, start - ORDER + 1)
    losses: np.ndarray = -np.log(model.probabilities(text[first:], start - first))
    return losses


def _baseline(name: str, losses: np.ndarray, evidence: Evidence) -> Baseline:
    ends = np.cumsum(evidence.lengths).astype(int)[:-1]
    means = np.array([part.mean() for part in np.split(losses, ends)])
    own = np.array([part.mean() for part in np.split(evidence.losses, ends)])
    weights = evidence.lengths
    value = float(losses.mean())
    return Baseline(
        name,
        value,
        paired_interval(means, weights),
        paired_interval(own - means, weights),
        {"bits_per_character": value / log(2)},
    )


def _figures(means: np.ndarray, lengths: np.ndarray, total: int) -> dict[str, Any]:
    nats = float(means @ lengths / lengths.sum())
    interval = paired_interval(means, lengths)
    return {
        "nats_per_character": nats,
        "nats_per_character_interval": interval and list(interval),
        "bits_per_character": nats / log(2),
        "characters": total,
        "examples": len(means),
    }


def _headline(figures: Mapping[str, Any]) -> tuple[Fact, ...]:
    interval = figures["nats_per_character_interval"]
    around = f"; 95 % interval {interval[0]:.3f}–{interval[1]:.3f}" if interval else ""
    nats = Fact(
        "Loss",
        f"{figures['nats_per_character']:.3f} nats",
        f"a character, over {figures['characters']:,} unseen ones{around}",
    )
    bits = Fact("Bits", f"{figures['bits_per_character']:.3f}", "a character")
    return nats, bits
