"""What the report shows of a translator."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import tensorflow as tf

from tfapp.domains.text.translation.dataset import CutPair, PairDataset
from tfapp.domains.text.translation.evaluation.pictures import attention_picture
from tfapp.domains.text.translation.evaluation.results import (
    Answer,
    answer_figures,
    answers_of,
)
from tfapp.domains.text.translation.models.recurrent_translator import (
    DECODER,
    encoder_of,
)
from tfapp.domains.text.translation.preprocessor import PairPreprocessor
from tfapp.report.blocks import Items, Picture, Section, Table
from tfapp.report.wording import count, percent, percent_interval
from tfapp.tasks.results import Results

SHOWN, DRAWN = 10, 3
COMPARED = 1000
"""Test pairs that the two ways to search are compared on."""
BATCH = 250
GROUPS = 5
"""Groups of sources by their length."""


def translation_sections(
    results: Results, dataset: PairDataset, model: Any
) -> list[Section]:
    """Return the sections on lengths, mistakes, search and attention."""
    answers = cast(list[Answer], results.evidence)
    ask = asking(model, dataset.preprocessor)
    sections = (
        _mistakes(answers, dataset.preprocessor),
        _further(dataset, answers, ask),
        _lengths(answers),
        _searches(answers, ask),
        _attention(answers, dataset.preprocessor, model),
    )
    return [section for section in sections if section is not None]


Ask = Callable[[Sequence[CutPair], int], list[Answer]]
"""Pairs and a number of beams, 0 for that of the model → answers."""


def asking(model: Any, preprocessor: PairPreprocessor) -> Ask:
    """Return what lets a model answer to pairs, with any number of beams."""
    encoder, decoder = encoder_of(model), model.get_layer(DECODER)

    def ask(pairs: Sequence[CutPair], beams: int) -> list[Answer]:
        @tf.function(reduce_retracing=True)
        def answered(source: Any) -> Any:
            memory, ending = encoder(source, training=False)
            ids, _ = decoder.search(source, memory, ending, beams)
            return decoder.along(source, memory, ending, ids[:, 0])[0]

        rows: list[np.ndarray] = []
        for start in range(0, len(pairs), BATCH):
            source = _sources(pairs[start : start + BATCH], preprocessor)
            rows += list(answered(source).numpy())
        return answers_of(rows, pairs, preprocessor.names)

    return ask


def _sources(pairs: Sequence[CutPair], preprocessor: PairPreprocessor) -> Any:
    rows = [preprocessor.source_ids(p.source[: preprocessor.longest]) for p in pairs]
    return tf.ragged.constant(rows, tf.int32).to_tensor(0)


def _mistakes(
    answers: Sequence[Answer], preprocessor: PairPreprocessor
) -> Section | None:
    """Show the answers that the network was surest of, and that are wrong."""
    wrong = [a for a in answers if not a.is_right]
    if not wrong:
        return None
    wrong.sort(key=lambda a: -a.probability)
    items = tuple(
        (
            preprocessor.text_of(a.symbols) or "nothing",
            f"to {preprocessor.text_of(a.pair.source)!r}, right is "
            f"{preprocessor.text_of(a.pair.target)!r} ({percent(a.probability)} sure)",
        )
        for a in wrong[:SHOWN]
    )
    lead = (
        f"{len(wrong):,} of {len(answers):,} answers are wrong; these are the ones the "
        "network was surest of."
    )
    return Section("Surest and wrong", lead, (Items(items),))


def _further(
    dataset: PairDataset, answers: Sequence[Answer], ask: Ask
) -> Section | None:
    """Try the model on pairs of another kind than it learned from."""
    if not dataset.further:
        return None
    groups = {"as in training, unseen": answers} | {
        title: ask(pairs, 0) for title, pairs in dataset.further.items()
    }
    table = _figure_table(
        groups, "Exact answers beyond the lengths of the training part"
    )
    longest = [percent(answer_figures(a)["exact_accuracy"]) for a in groups.values()]
    lead = (
        "A network that had learned the rule would be right at any length: "
        f"{longest[0]} as long as in training, {longest[1]} one step longer."
    )
    return Section("Longer than in training", lead, (table,))


def _lengths(answers: Sequence[Answer]) -> Section | None:
    """Show the figures by the length of the source."""
    lengths = np.array([len(a.pair.source) for a in answers])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, GROUPS + 1)).astype(int))
    if len(edges) < 2:
        return None
    edges[-1] += 1
    groups = {
        f"{low} to {high - 1}": [
            a for a, n in zip(answers, lengths, strict=True) if low <= n < high
        ]
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    }
    table = _figure_table(groups, "Figures by the symbols of the source")
    lead = (
        f"Sources of {edges[0]} to {edges[-1] - 1} symbols, in groups of about as many."
    )
    return Section("Short and long sources", lead, (table,))


def _searches(answers: Sequence[Answer], ask: Ask) -> Section:
    """Compare the search with taking the likeliest symbol each time."""
    own = answers[:COMPARED]
    pairs = [a.pair for a in own]
    groups = {"the likeliest symbol each time": ask(pairs, 1), "beam search": own}
    table = _figure_table(groups, "Two ways to write an answer")
    differ = sum(
        one.symbols != other.symbols
        for one, other in zip(*groups.values(), strict=True)
    )
    lead = (
        f"Of {count(len(own), 'answers')} the beam search changes "
        f"{differ:,} against taking the likeliest symbol each time."
    )
    return Section("Greedy and beam search", lead, (table,))


def _figure_table(groups: Mapping[str, Sequence[Answer]], caption: str) -> Table:
    rows = []
    for title, answers in groups.items():
        if not answers:
            continue
        figures = answer_figures(answers)
        low, high = figures["exact_accuracy_interval"]
        shares = [percent(figures[k]) for k in ("exact_accuracy", "symbol_accuracy")]
        exact, symbols = shares
        between = percent_interval(low, high)
        rows.append((title, exact, between, symbols, f"{len(answers):,}"))
    header = ("Pairs", "Exact", "95 % interval", "Symbols", "Number")
    return Table(header, tuple(rows), caption)


def _attention(
    answers: Sequence[Answer], preprocessor: PairPreprocessor, model: Any
) -> Section | None:
    """Draw where the network looked, in wrong answers first; None if all are empty."""
    written = [a for a in answers if a.symbols]
    chosen = sorted(written, key=lambda a: (a.is_right, -len(a.symbols)))[:DRAWN]
    if not chosen:
        return None
    encoder, decoder = encoder_of(model), model.get_layer(DECODER)
    pictures: list[Picture] = []
    for answer in chosen:
        source = _sources([answer.pair], preprocessor)
        memory, ending = encoder(source, training=False)
        ids, _ = decoder.search(source, memory, ending)
        weights = decoder.along(source, memory, ending, ids[:, 0])[1]
        symbols = answer.pair.source[: preprocessor.longest]
        pictures.append(attention_picture(symbols, answer.symbols, weights[0].numpy()))
    lead = (
        "Each row is a symbol that was written, each column one that was read; the "
        "darker, the more it counted. Wrong answers come first."
    )
    return Section("Where it looked", lead, tuple(pictures))
