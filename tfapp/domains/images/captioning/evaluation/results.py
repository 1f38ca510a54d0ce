"""From the answers of a captioner to everything that is known of how good it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from tfapp.base.intervals import paired_interval, wilson_interval
from tfapp.data.spec import Dataset
from tfapp.domains.images.captioning.dataset import CaptionDataset
from tfapp.domains.images.captioning.evaluation.bleu import (
    bleu_counts,
    bleu_interval,
    corpus_bleu,
)
from tfapp.domains.images.captioning.preprocessor import text_of
from tfapp.domains.text.translation.dataset import Symbols
from tfapp.domains.text.translation.evaluation.distance import edit_distance
from tfapp.domains.text.translation.evaluation.results import symbols_of
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
EXACT, BLEU = "exact_accuracy", "bleu"
METRIC = PrimaryMetric(
    "word_accuracy",
    "Word accuracy",
    "words",
    "%",
    SHARE,
    others=(
        Quantity(EXACT, "Exact captions", "exact", "%", SHARE),
        Quantity(BLEU, "BLEU-4", "BLEU", "%", SHARE),
    ),
    examples="photos",
    labels="words",
)


@dataclass(frozen=True)
class Caption:
    """What a method says of one photo, and how sure it is.

    Args:
        references: the captions that people gave it.
        words: of the answer.
        probability: of the whole answer, by the network; 1 for a method that has none.
    """

    references: tuple[Symbols, ...]
    words: Symbols
    probability: float = 1.0

    @property
    def is_exact(self) -> bool:
        """Whether it is one of the references, word by word."""
        return self.words in self.references

    @cached_property
    def accuracy(self) -> float:
        """1 less the edits per word to the most alike reference, from 0 to 1."""
        return max(_alike(self.words, reference) for reference in self.references)


def _alike(words: Symbols, reference: Symbols) -> float:
    longer = max(len(words), len(reference), 1)
    return 1 - edit_distance(words, reference) / longer


def evaluate_captioner(
    outputs: Outputs, data: Dataset, calibration: Calibration | None
) -> Results:
    """Judge the captions of the test part.

    Args:
        outputs: split → log-probabilities along each caption, (steps, words).
        data: photos with captions.
        calibration: not used.

    Raises:
        DataError: if no photo is left for the test.
        TrainingError: if log-probabilities are not finite.
    """
    dataset = cast(CaptionDataset, data)
    references = dataset.references("test")
    require_tested(references, "photo", "photos")
    names = dataset.preprocessor.names
    answers = captions_of(outputs("test"), references, names)
    figures = caption_figures(answers)
    rows = [
        (f"{a.probability:.6f}", str(int(a.is_exact)), text_of(a.words))
        for a in answers
    ]
    return Results(
        metric=METRIC,
        figures=figures,
        calibration={},
        scores=score_table(
            dataset.examples["test"],
            [a.accuracy for a in answers],
            ("loss", "exact", "answer"),
            rows,
        ),
        headline=_headline(figures),
        evidence=answers,
    )


def captions_of(
    logits: Iterable[np.ndarray],
    references: Sequence[tuple[Symbols, ...]],
    names: Sequence[str],
) -> list[Caption]:
    """Return the captions that log-probabilities stand for; see `symbols_of`."""
    written = symbols_of(logits, names)
    return [Caption(own, *one) for own, one in zip(references, written, strict=True)]


def caption_figures(answers: Sequence[Caption]) -> dict[str, Any]:
    """Return the figures of some captions, with 95 % intervals over the photos."""
    exact = [a.is_exact for a in answers]
    accuracies = [a.accuracy for a in answers]
    around = paired_interval(accuracies)
    counts = np.stack([bleu_counts(a.words, a.references) for a in answers])
    return {
        METRIC.key: float(np.mean(accuracies)),
        f"{METRIC.key}_interval": around and [max(0.0, around[0]), min(1.0, around[1])],
        EXACT: float(np.mean(exact)),
        f"{EXACT}_interval": list(wilson_interval(sum(exact), len(exact))),
        BLEU: float(corpus_bleu(counts.sum(axis=0))),
        f"{BLEU}_interval": list(bleu_interval(counts)),
        "examples": len(answers),
    }


def _headline(figures: Mapping[str, Any]) -> tuple[Fact, ...]:
    around = figures[f"{METRIC.key}_interval"]
    words = Fact(
        METRIC.title,
        percent(figures[METRIC.key]),
        f"of {count(figures['examples'], 'unseen photos')}: 1 less the edits per word "
        "to the most alike caption"
        + (f"; 95 % interval {percent_interval(*around)}" if around else ""),
    )
    exact = Fact(
        "Exact captions",
        percent(figures[EXACT]),
        "equal to a given one, word by word; 95 % interval "
        f"{percent_interval(*figures[f'{EXACT}_interval'])}",
    )
    bleu = Fact(
        "BLEU-4",
        f"{100 * figures[BLEU]:.1f}",
        "of 100, over all photos; 95 % interval "
        f"{percent_interval(*figures[f'{BLEU}_interval'])}",
    )
    return words, exact, bleu
