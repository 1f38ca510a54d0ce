"""From the answers of a translator to everything that is known of how good it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from tfapp.base.intervals import paired_interval, wilson_interval
from tfapp.data.spec import Dataset
from tfapp.domains.text.translation.dataset import CutPair, PairDataset, Symbols
from tfapp.domains.text.translation.evaluation.distance import agreement, edit_distance
from tfapp.problems.classification.metrics import check_finite
from tfapp.report.blocks import Fact
from tfapp.report.wording import count, percent, percent_interval
from tfapp.tasks.results import (
    Calibration,
    PrimaryMetric,
    Quantity,
    Results,
    require_tested,
)
from tfapp.tasks.scores import score_table
from tfapp.tasks.spec import Outputs

SHARE = (0.0, 1.0)
SYMBOLS = "symbol_accuracy"
METRIC = PrimaryMetric(
    "exact_accuracy",
    "Exact answers",
    "exact",
    "%",
    SHARE,
    scores="binary",
    others=(
        Quantity(SYMBOLS, "Symbol accuracy", "symbols", "%", SHARE),
        Quantity("edit_rate", "Edits a symbol", "edits", "%", (0.0, np.inf)),
    ),
    examples="pairs",
    labels="symbols",
)


@dataclass(frozen=True)
class Answer:
    """What a model answers to one pair, and how sure it is.

    Args:
        pair: text and right answer.
        symbols: of its answer.
        probability: of the whole answer, by the network; 1 for a method that has none.
    """

    pair: CutPair
    symbols: Symbols
    probability: float = 1.0

    @property
    def is_right(self) -> bool:
        """Whether the whole answer is the right one."""
        return self.symbols == self.pair.target

    @property
    def agreement(self) -> float:
        """Share of the places at which it is right; see `distance.agreement`."""
        return agreement(self.symbols, self.pair.target)


def evaluate_translator(
    outputs: Outputs, data: Dataset, calibration: Calibration | None
) -> Results:
    """Judge the answers to the test part.

    Args:
        outputs: split → log-probabilities along each answer, (steps, symbols).
        data: pairs of texts.
        calibration: not used.

    Raises:
        DataError: if no pair is left for the test.
        TrainingError: if log-probabilities are not finite.
    """
    dataset = cast(PairDataset, data)
    pairs = dataset.of("test")
    require_tested(pairs, "pair", "pairs")
    answers = answers_of(outputs("test"), pairs, dataset.preprocessor.names)
    figures = answer_figures(answers)
    rows = [
        (f"{a.probability:.6f}", dataset.preprocessor.text_of(a.symbols))
        for a in answers
    ]
    return Results(
        metric=METRIC,
        figures=figures,
        calibration={},
        scores=score_table(
            dataset.examples["test"],
            [float(a.is_right) for a in answers],
            ("loss", "answer"),
            rows,
        ),
        headline=_headline(figures),
        evidence=answers,
    )


def answers_of(
    logits: Iterable[np.ndarray], pairs: Sequence[CutPair], names: Sequence[str]
) -> list[Answer]:
    """Return the answers that log-probabilities stand for.

    Args:
        logits: of each pair, float (steps, symbols); the largest of each step are the
            answer, which ends before the first symbol 0.
        pairs: text and right answer.
        names: of the symbols.
    """
    written = symbols_of(logits, names)
    return [Answer(pair, *own) for own, pair in zip(written, pairs, strict=True)]


def symbols_of(
    logits: Iterable[np.ndarray], names: Sequence[str]
) -> Iterator[tuple[Symbols, float]]:
    """Yield the symbols of each answer, and its probability; see `answers_of`.

    Raises:
        TrainingError: if log-probabilities are not finite.
    """
    for rows in logits:
        check_finite(rows)
        best = rows.argmax(axis=-1)
        ends = np.flatnonzero(best == 0)
        end = int(ends[0]) if len(ends) else len(best)
        surprise = float(rows.max(axis=-1)[: end + 1].sum())
        yield tuple(names[i] for i in best[:end]), float(np.exp(surprise))


def answer_figures(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the figures of some answers, with 95 % intervals over the pairs."""
    right = [a.is_right for a in answers]
    shares = [a.agreement for a in answers]
    symbols = sum(len(a.pair.target) for a in answers)
    edits = sum(edit_distance(a.symbols, a.pair.target) for a in answers)
    around = paired_interval(shares)
    return {
        "exact_accuracy": float(np.mean(right)),
        "exact_accuracy_interval": list(wilson_interval(sum(right), len(right))),
        SYMBOLS: float(np.mean(shares)),
        f"{SYMBOLS}_interval": around and [max(0.0, around[0]), min(1.0, around[1])],
        "edit_rate": edits / max(1, symbols),
        "examples": len(answers),
    }


def _headline(figures: Mapping[str, Any]) -> tuple[Fact, ...]:
    low, high = figures["exact_accuracy_interval"]
    exact = Fact(
        "Exact answers",
        percent(figures["exact_accuracy"]),
        f"of {count(figures['examples'], 'unseen pairs')}, every symbol right; 95 % "
        f"interval {percent_interval(low, high)}",
    )
    symbols = Fact(
        "Symbol accuracy",
        percent(figures[SYMBOLS]),
        "of the places of answer and target, the end among them, the mean over pairs",
    )
    return exact, symbols
