"""What the report shows of a tagger."""

from typing import Any

import numpy as np

from tfapp.data.spec import Pass
from tfapp.domains.text.labelling.dataset import SentenceDataset
from tfapp.domains.text.labelling.evaluation.judging import Answer, unseen
from tfapp.domains.text.labelling.evaluation.results import Evidence
from tfapp.report.blocks import Items, Paragraph, Section, Table
from tfapp.report.wording import percent
from tfapp.tasks.results import Results
from tfapp.training.inference import seconds_per_input

SHOWN = 8
"""Sentences that the report shows."""
WORDS_AROUND = 6
"""Tokens before and behind a mistake that are shown with it."""
MOST_ROWS = 60


def labelling_sections(
    results: Results, dataset: SentenceDataset, model: Any
) -> list[Section]:
    """Return the sections on tags, spans, confusions and mistakes."""
    figures, evidence = results.figures, results.evidence
    sections = [_tags_section(results)]
    if evidence.spans:
        sections.insert(0, _spans_section(figures))
    if figures["confusions"]:
        sections.append(_confusions_section(figures))
    if wrong := _worst(evidence):
        sections.append(wrong)
    if (speed := _speed_section(dataset, model)) is not None:
        sections.append(speed)
    return sections


def _tags_section(results: Results) -> Section:
    figures = results.figures
    (table,) = results.tables
    lead = (
        f"{percent(figures['token_accuracy'])} of all tokens are right, "
        f"{percent(figures['unseen_accuracy'])} of words that training does not have, "
        f"and {percent(figures['sentence_accuracy'])} of the sentences as a whole."
    )
    rows = table.rows[:MOST_ROWS]
    shown = Table(table.header, rows, table.caption)
    more = len(table.rows) - len(rows)
    note = (Paragraph(f"{more} rarer tags are in metrics.json."),) if more else ()
    return Section("Tag by tag", lead, (shown, *note))


def _spans_section(figures: Any) -> Section:
    rows = tuple(
        (kind, percent(row["f1"]), f"{row['answered']:,}", f"{row['true']:,}")
        for kind, row in list(figures["per_span"].items())[:MOST_ROWS]
    )
    table = Table(("Span", "F1", "Answered", "True"), rows, "Figures by kind of span")
    lead = (
        f"Of the spans answered {percent(figures['span_precision'])} are right, and "
        f"{percent(figures['span_recall'])} of the true ones are answered, with exact "
        "ends and kind."
    )
    return Section("Span by span", lead, (table,))


def _confusions_section(figures: Any) -> Section:
    rows = tuple(
        (row["right"], row["answered"], ", ".join(row["words"]), f"{row['count']:,}")
        for row in figures["confusions"]
    )
    first = rows[0]
    lead = f"The most frequent mistake is {first[1]} where {first[0]} is right."
    header = ("Right", "Answered", "Such as", "Tokens")
    table = Table(header, rows, "Pairs of tags that are confused", 3)
    return Section("Which tags are confused", lead, (table,))


def _worst(evidence: Evidence) -> Section | None:
    """Show the sentences with the surest wrong tags."""
    wrong = [a for a in evidence.answers if a.surprise]
    if not wrong:
        return None
    wrong.sort(key=lambda a: -a.surprise)
    items = tuple(_mistake(answer, evidence.words) for answer in wrong[:SHOWN])
    lead = (
        f"{len(wrong):,} of {len(evidence.answers):,} sentences hold a mistake; these "
        "are the ones it was surest of. Some may be mistakes of the data."
    )
    return Section("Surest and wrong", lead, (Items(items),))


def _mistake(answer: Answer, words: frozenset[str]) -> tuple[str, str]:
    sure = np.where(answer.right, 0.0, answer.confidence)
    place = int(sure.argmax())
    tokens, sentence = answer.sentence.tokens, answer.sentence
    before = " ".join(tokens[max(0, place - WORDS_AROUND) : place])
    behind = " ".join(tokens[place + 1 : place + 1 + WORDS_AROUND])
    new = ", a new word" if unseen([tokens[place]], words)[0] else ""
    head = (
        f"{answer.tags[place]} ({percent(float(sure[place]))}), right is "
        f"{sentence.tags[place]}{new}"
    )
    return head, f"{before} »{tokens[place]}« {behind}".strip()


def _speed_section(dataset: SentenceDataset, model: Any) -> Section | None:
    """Time one batch of test sentences through the network."""
    examples = dataset.examples["test"][: dataset.batch_size]
    inputs, *_ = next(iter(dataset.batches(examples, Pass()).as_numpy_iterator()))
    tokens = sum(len(dataset.sentences[e.name].tokens) for e in examples)
    seconds = seconds_per_input(model, inputs) * len(examples)
    lead = (
        f"{tokens / seconds:,.0f} tokens a second through the network, "
        f"{len(examples)} sentences at once."
    )
    return Section("Speed", lead)
