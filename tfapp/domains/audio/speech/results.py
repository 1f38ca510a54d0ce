"""From the logits of a network of speech to everything known of how good it is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tfapp.base.intervals import paired_interval, wilson_interval
from tfapp.data.spec import Dataset
from tfapp.domains.audio.speakers import with_speakers
from tfapp.domains.audio.speech.decoding.decoder import Decoder, read_decoder
from tfapp.domains.audio.speech.decoding.ngrams import count_ngrams
from tfapp.domains.audio.speech.mistakes import Mistakes, mistakes_of
from tfapp.domains.audio.speech.tokens import text_of
from tfapp.problems.classification.metrics import check_finite
from tfapp.report.blocks import Fact, Table
from tfapp.report.wording import count, percent, percent_interval
from tfapp.tasks.results import (
    Baseline,
    Calibration,
    PrimaryMetric,
    Quantity,
    Results,
    require_tested,
)
from tfapp.tasks.scores import score_table
from tfapp.tasks.spec import Features, Outputs

METRIC = PrimaryMetric(
    "error_rate",
    "Error rate",
    "errors",
    "%",
    (0.0, float("inf")),
    better="lower",
    scores="pooled",
    others=(
        Quantity("whole_right", "Whole texts right", "texts right", "%", (0.0, 1.0)),
    ),
    examples="recordings",
    labels="tokens",
)
"""Substitutions, insertions and deletions by the number of tokens that are said."""
NO_WEIGHT = 1e-9


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network answers to one recording.

    Args:
        said: tokens that are right.
        tokens: those answered.
        frames: where each begins, int (tokens,).
        logits: float (frames, outputs).
    """

    said: Sequence[str]
    tokens: Sequence[str]
    frames: np.ndarray
    logits: np.ndarray

    @cached_property
    def mistakes(self) -> Mistakes:
        """The fewest changes from what is said to what is answered."""
        return mistakes_of(self.said, self.tokens)


def evaluate_speech(
    width: int,
    order: int,
    weight: float,
    outputs: Outputs,
    dataset: Dataset,
    calibration: Calibration | None,
) -> Results:
    """Judge what a network answers to the test recordings.

    Args:
        width: prefixes that the search follows; 0 for the greedy path.
        order: of the n-grams that take part in it; 0 for none.
        weight: of these.
        outputs: split → logits of each recording, float (frames, outputs).
        dataset: gives the recordings.
        calibration: decoder of a trained model; None for one of these settings.

    Raises:
        DataError: if no recording is left for the test.
        TrainingError: if logits are not finite.
    """
    data: Any = dataset
    require_tested(data.examples["test"], "recording", "recordings")
    if calibration is None:
        texts = data.targets(data.examples["train"]) if order else ()
        ngrams = count_ngrams(texts, order, weight) if order else None
        decode = Decoder(width, ngrams)
    else:
        decode = read_decoder(calibration)
    labels, answers = data.info.labels, []
    for said, logits in zip(data.tokens("test"), outputs("test"), strict=True):
        check_finite(logits)
        ids, frames = decode(logits)
        answers.append(Answer(said, [labels[i] for i in ids], frames, logits))
    figures = speech_figures(answers)
    results = Results(
        metric=METRIC,
        figures=figures,
        calibration=decode.describe(),
        scores=_scores(data.examples["test"], answers),
        headline=_headline(figures),
        tables=(_kinds(figures),),
        evidence=answers,
    )
    return with_speakers(results, dataset, *rates(answers))


def rates(answers: Sequence[Answer]) -> tuple[np.ndarray, np.ndarray]:
    """Return the error rate of each recording, and its number of tokens."""
    weights = np.array([len(a.said) for a in answers], np.float64)
    wrong = np.array([a.mistakes.total for a in answers], np.float64)
    weights = np.maximum(weights, NO_WEIGHT)
    return wrong / weights, weights


def speech_figures(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the figures of answers, as metrics.json holds them."""
    scores, weights = rates(answers)
    right = sum(not a.mistakes.total for a in answers)
    kinds = {
        "substitutions": sum(len(a.mistakes.substitutions) for a in answers),
        "insertions": sum(len(a.mistakes.insertions) for a in answers),
        "deletions": sum(len(a.mistakes.deletions) for a in answers),
    }
    confusions = Counter(p for a in answers for p in a.mistakes.substitutions)
    return {
        "error_rate": float(np.average(scores, weights=weights)),
        "error_rate_interval": paired_interval(scores, weights),
        **kinds,
        "tokens": int(sum(len(a.said) for a in answers)),
        "examples": len(answers),
        "whole_right": right / len(answers),
        "whole_right_interval": wilson_interval(right, len(answers)),
        "confusions": [
            {"said": said, "answered": other, "times": times}
            for (said, other), times in confusions.most_common(30)
        ],
    }


def speech_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what the most frequent text of training reaches for every recording.

    Args:
        results: of `evaluate_speech`.
        dataset: gives the texts.
        features: of no use here.
    """
    del features
    data: Any = dataset
    texts = Counter(map(tuple, data.tokens("train")))
    if not texts:
        return ()
    text = max(sorted(texts), key=texts.__getitem__)
    answers: Sequence[Answer] = results.evidence
    own, weights = rates(answers)
    simple = np.array([mistakes_of(a.said, text).total for a in answers]) / weights
    return (
        Baseline(
            "most frequent text",
            float(np.average(simple, weights=weights)),
            paired_interval(simple, weights),
            paired_interval(own - simple, weights),
        ),
    )


def _scores(examples: Any, answers: Sequence[Answer]) -> Table:
    scores, weights = rates(answers)
    rows = [
        (f"{weight:.9g}", text_of(a.said), text_of(a.tokens))
        for a, weight in zip(answers, weights, strict=True)
    ]
    return score_table(examples, scores.tolist(), ("weight", "said", "answered"), rows)


def _headline(figures: Mapping[str, Any]) -> tuple[Fact, ...]:
    interval = figures["error_rate_interval"]
    words = "no interval: a single recording"
    if interval is not None:
        words = f"95 % interval {percent_interval(max(interval[0], 0.0), interval[1])}"
    return (
        Fact(
            "Error rate",
            percent(figures["error_rate"]),
            f"of {figures['tokens']:,} tokens in "
            f"{count(figures['examples'], 'unseen recordings')}; {words}",
        ),
        Fact(
            "Whole texts right",
            percent(figures["whole_right"]),
            f"95 % interval {percent_interval(*figures['whole_right_interval'])}",
        ),
    )


def _kinds(figures: Mapping[str, Any]) -> Table:
    total = max(figures["tokens"], 1)
    rows = tuple(
        (kind, f"{figures[kind]:,}", percent(figures[kind] / total))
        for kind in ("substitutions", "insertions", "deletions")
    )
    return Table(("Mistake", "Times", "Of all tokens"), rows, "Mistakes by kind")
