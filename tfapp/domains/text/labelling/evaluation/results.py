"""From the logits of a tagger to everything that is known of how good it is."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.spec import Dataset, Example
from tfapp.domains.text.labelling.dataset import SentenceDataset
from tfapp.domains.text.labelling.evaluation.figures import (
    labelling_figures,
    span_scores,
    token_scores,
)
from tfapp.domains.text.labelling.evaluation.judging import Answer, answers_of
from tfapp.domains.text.labelling.evaluation.spans import marks_spans
from tfapp.problems.classification.calibration import fit_temperature
from tfapp.problems.classification.metrics import check_finite
from tfapp.report.blocks import Fact, Table
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
MOST_TOKENS = 20_000
"""Validation tokens that the temperature is fitted to."""
QUANTITIES = {
    "tokens": Quantity("token_accuracy", "Token accuracy", "tokens", "%", SHARE),
    "spans": Quantity("span_f1", "Span F1", "span F1", "%", SHARE),
    "unseen": Quantity("unseen_accuracy", "Unseen words", "unseen", "%", SHARE),
    "intents": Quantity("intent_accuracy", "Intent accuracy", "intents", "%", SHARE),
}


def _metric(score: str, others: Sequence[str]) -> PrimaryMetric:
    main = QUANTITIES[score]
    return PrimaryMetric(
        main.key,
        main.title,
        main.short,
        main.unit,
        main.bounds,
        scores="pooled",
        others=tuple(QUANTITIES[name] for name in others),
        examples="sentences",
        labels="tags",
    )


METRICS = {
    "tokens": _metric("tokens", ("unseen",)),
    "spans": _metric("spans", ("tokens", "unseen", "intents")),
}


class Evidence(NamedTuple):
    """What the sections of the report are made from.

    Args:
        answers: of the test sentences, in their order.
        spans: whether tags mark spans.
        words: normalised, of training.
    """

    answers: list[Answer]
    spans: bool
    words: frozenset[str]


def evaluate_tagger(
    metric: PrimaryMetric,
    outputs: Outputs,
    data: Dataset,
    calibration: Calibration | None,
) -> Results:
    """Judge a tagger on the test sentences.

    Args:
        metric: one of `METRICS`.
        outputs: split → logits of each sentence, float (length or more, outputs).
        data: tagged sentences.
        calibration: "temperature"; None to fit it on validation sentences.

    Raises:
        DataError: if no sentence is left for the test, or none has a span to score.
        TrainingError: if logits are not finite.
    """
    dataset = cast(SentenceDataset, data)
    sentences, tags, intents = dataset.of("test"), dataset.tags, dataset.intents
    require_tested(sentences, "sentence", "sentences")
    spans = marks_spans({*tags})
    if metric.key == "span_f1" and not spans:
        raise DataError(
            "task_options.score = 'spans' needs tags such as B-city, I-city and O. "
            f"Received: {list(tags[:5])}. Set it to 'tokens'."
        )
    temperature = (calibration or {}).get("temperature", 1.0)
    if calibration is None and dataset.examples["validation"]:
        temperature = _temperature(outputs("validation"), dataset)
    logits = list(outputs("test"))
    for rows in logits:
        check_finite(rows)
    answers = answers_of(logits, sentences, tags, intents, temperature)
    words = frozenset(dataset.preprocessor.vocabulary.words)
    figures = labelling_figures(answers, words, spans)
    figures |= {key: None for q in metric.others if (key := q.key) not in figures}
    return Results(
        metric=metric,
        figures=figures,
        calibration={"temperature": temperature},
        scores=_scores(metric, dataset.examples["test"], answers),
        headline=_headline(metric, figures),
        tables=(_table(figures),),
        evidence=Evidence(answers, spans, words),
    )


def scores_of(
    metric: PrimaryMetric, answers: Sequence[Answer]
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each sentence contributes to the main figure, and its weight."""
    spans = metric.key == "span_f1"
    return span_scores(answers) if spans else token_scores(answers)


def _temperature(logits: Any, dataset: SentenceDataset) -> float:
    """Return the temperature of the tags, fitted to validation tokens."""
    tags = dataset.tags
    place = {tag: number for number, tag in enumerate(tags)}
    rows, labels = [], []
    for own, sentence in zip(logits, dataset.of("validation"), strict=True):
        for row, tag in zip(own, sentence.tags, strict=False):
            if tag in place:
                rows.append(row[: len(tags)])
                labels.append(place[tag])
    if not rows:
        return 1.0
    every = max(1, len(rows) // MOST_TOKENS)
    return fit_temperature(np.stack(rows[::every]), np.array(labels[::every]))


def _scores(
    metric: PrimaryMetric, examples: Sequence[Example], answers: Sequence[Answer]
) -> Table:
    scores, weights = scores_of(metric, answers)
    rows = [
        (f"{weight:.9g}", f"{a.surprise:.6f}", a.intent)
        for a, weight in zip(answers, weights, strict=True)
    ]
    return score_table(examples, scores.tolist(), ("weight", "loss", "intent"), rows)


def _headline(metric: PrimaryMetric, figures: Mapping[str, Any]) -> tuple[Fact, ...]:
    tokens, sentences = figures["tokens"], figures["examples"]
    facts = {
        "token_accuracy": Fact(
            "Token accuracy",
            percent(figures["token_accuracy"]),
            f"of {tokens:,} tokens in {count(sentences, 'unseen sentences')}; "
            f"{_words(figures['token_accuracy_interval'])}",
        ),
    }
    if figures["unseen_words"]:
        facts["unseen_accuracy"] = Fact(
            "Words new to it",
            percent(figures["unseen_accuracy"]),
            f"of {figures['unseen_words']:,} tokens that training does not have; "
            f"{_words(figures['unseen_accuracy_interval'])}",
        )
    if "span_f1" in figures and figures["span_f1"] is not None:
        facts["span_f1"] = Fact(
            "Span F1",
            percent(figures["span_f1"]),
            f"of {count(figures['spans'], 'spans')}, exact ends and kind; "
            f"{_words(figures['span_f1_interval'])}",
        )
    if figures.get("intent_accuracy") is not None:
        facts["intent_accuracy"] = Fact(
            "Intent accuracy",
            percent(figures["intent_accuracy"]),
            "an utterance with two intents counts where both are named; "
            f"{percent(figures['intent_accuracy_any'])} name one of them; "
            f"{_words(figures['intent_accuracy_interval'])}",
        )
    order = sorted(facts, key=lambda key: key != metric.key)
    return tuple(facts[key] for key in order)


def _words(interval: Sequence[float] | None) -> str:
    if interval is None:
        return "no interval: a single sentence"
    return f"95 % interval {percent_interval(interval[0], interval[1])}"


def _table(figures: Mapping[str, Any]) -> Table:
    """Return precision, recall and F1 of each tag."""
    rows = tuple(
        (
            tag,
            *(percent(row[key]) for key in ("precision", "recall", "f1")),
            f"{row['support']:,}",
        )
        for tag, row in figures["per_tag"].items()
    )
    header = ("Tag", "Precision", "Recall", "F1", "Tokens")
    return Table(header, rows, "Figures by tag, the most frequent first")
