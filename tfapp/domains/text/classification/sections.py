"""Sections of a report on texts: certain mistakes, and the words that decide."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfapp.domains.text.classification.explanation import word_weights
from tfapp.layers.outputs import logits_model
from tfapp.problems.classification.results import ClassAnswers
from tfapp.problems.classification.sections import classification_sections
from tfapp.report.blocks import Columns, Paragraph, Passage, Section, Table
from tfapp.report.wording import percent, shorten
from tfapp.tasks.results import Results

MISTAKES = 12
LONGEST_PASSAGE = 120
"""Words of a text that are shown."""
EXPLAINED = 400
"""Test texts whose words are counted, evenly spread."""
PHRASE = 3
"""Words of a phrase: the width of the narrowest filters."""
SHOWN = 10


class Weighed(NamedTuple):
    """The words of a text and what each adds to the answer."""

    words: tuple[str, ...]
    weights: np.ndarray


def text_sections(results: Results, dataset: Any, model: Any) -> tuple[Section, ...]:
    """Return the sections on figures, on mistakes, and on words.

    Args:
        results: as `evaluate_classifier` returns.
        dataset: of texts.
        model: that was evaluated.
    """
    return (
        *classification_sections(results),
        *_mistakes(results, dataset, model),
        _deciding(results, dataset, model),
    )


def _mistakes(results: Results, dataset: Any, model: Any) -> Iterator[Section]:
    """Yield the texts of the most confident wrong answers, if there are any."""
    answers: ClassAnswers = results.evidence
    wrong = np.flatnonzero(~answers.correct)
    if not len(wrong):
        return
    chosen = wrong[np.argsort(-answers.confidence[wrong], kind="stable")][:MISTAKES]
    names = answers.class_names
    weighed = _weighed(dataset, model, chosen)
    predicted = answers.probabilities.argmax(axis=1)
    passages = tuple(
        Passage(
            f"{names[answers.labels[i]]}, taken for {names[predicted[i]]} with "
            f"{percent(answers.confidence[i])}: {dataset.examples['test'][i].name}",
            _pieces(one),
        )
        for i, one in zip(chosen, weighed, strict=True)
    )
    lead = (
        f"The {len(chosen)} wrong answers of most confidence. Blue words spoke for the "
        "answer, orange ones against it; labels may be wrong too."
    )
    yield Section("Most certain mistakes", lead, passages)


def _deciding(results: Results, dataset: Any, model: Any) -> Section:
    """Show the phrases that counted most in right answers, by class."""
    answers: ClassAnswers = results.evidence
    right = np.flatnonzero(answers.correct)
    right = right[
        np.linspace(0, len(right) - 1, min(len(right), EXPLAINED)).astype(int)
    ]
    phrases: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    singles: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for i, one in zip(right, _weighed(dataset, model, right), strict=True):
        label = int(answers.labels[i])
        for word, weight in zip(one.words, one.weights, strict=True):
            singles[label][word].append(float(weight))
        phrase, weight = _strongest(one)
        phrases[label][phrase].append(weight)
    rows = tuple(
        (
            name,
            ", ".join(_ranked(singles[label], 2)),
            "; ".join(f"“{p}”" for p in _ranked(phrases[label], 1)),
        )
        for label, name in enumerate(answers.class_names)
        if singles[label]
    )
    lead = (
        f"What {len(right)} right answers rest on: the words and the phrases of "
        f"{PHRASE} words that add most to the logit of their class."
    )
    if not rows:
        return Section("Words that decide", "No answer is right.", ())
    table = Table(("Class", "Words", "Phrases"), rows, "Words by class", 3)
    note = Paragraph(
        "A word's weight is the gradient of the class's logit times its vector, and "
        "its share of the weighted n-grams: of a sentence CNN exactly what the n-grams "
        "that won the maximum contribute."
    )
    return Section("Words that decide", lead, (Columns((table,)), note))


def _weighed(dataset: Any, model: Any, rows: np.ndarray) -> list[Weighed]:
    """Return words and weights of some test texts."""
    examples = [dataset.examples["test"][i] for i in rows]
    if not examples:
        return []
    explain = tf.function(word_weights(logits_model(model)), reduce_retracing=True)
    found = []
    for start in range(0, len(examples), dataset.batch_size):
        part = examples[start : start + dataset.batch_size]
        raw = {"text": tf.constant([dataset.texts[e.name].encode() for e in part])}
        cut = dataset.preprocessor.cut_texts(raw).to_list()
        _, weights = explain(dataset.preprocessor(raw))
        for words, row in zip(cut, weights.numpy(), strict=True):
            shown = tuple(w.decode() for w in words[: len(row)])
            found.append(Weighed(shown, row[: len(shown)]))
    return found


def _pieces(one: Weighed) -> tuple[tuple[str, float], ...]:
    """Return words with weights from -1 to 1; a long text is cut around the largest."""
    words, weights = one
    start = 0
    if len(words) > LONGEST_PASSAGE:
        start = max(0, int(np.abs(weights).argmax()) - LONGEST_PASSAGE // 2)
    part = slice(start, start + LONGEST_PASSAGE)
    largest = float(np.abs(weights[part]).max(initial=1e-9))
    shares = weights[part] / largest
    return tuple(zip(words[part], map(float, shares), strict=True))


def _strongest(one: Weighed) -> tuple[str, float]:
    """Return the phrase whose words add most, and how much."""
    size = min(PHRASE, len(one.words))
    if not size:
        return "", 0.0
    sums = np.convolve(one.weights, np.ones(size), "valid")
    best = int(sums.argmax())
    return " ".join(one.words[best : best + size]), float(sums[best])


def _ranked(weights: dict[str, list[float]], least: int) -> list[str]:
    """Return the texts of the largest mean weight, of those that occur often enough."""
    often = {t: w for t, w in weights.items() if len(w) >= least} or weights
    means = {text: float(np.mean(w)) for text, w in often.items()}
    ranked = sorted((t for t in means if means[t] > 0), key=lambda text: -means[text])
    return [shorten(text, 60) for text in ranked[:SHOWN] if text]
