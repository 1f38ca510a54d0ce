"""Sections that every report has, whatever the task: data and run."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tfapp.data.spec import SPLITS, Example
from tfapp.report.blocks import (
    Details,
    Fact,
    Items,
    Paragraph,
    Section,
    Table,
)
from tfapp.report.learning_rules import History
from tfapp.report.wording import count, duration, percent, size

MAX_LINES = 12
"""Longer lists of notes and of left-out files open on demand."""

WAITING = (
    "Waiting for data: the share of the training steps' time in which the next images "
    "were not ready yet, so the network stood idle. A few percent are usual. Far more "
    "means that reading and changing images takes longer than learning from them: "
    "then more processor cores or data.cache = 'memory' make training faster, a "
    "smaller network does not."
)


@dataclass(frozen=True)
class RunFacts:
    """Where, when and with what a run was made.

    What is empty or 0 is left out of the report.

    Args:
        name: name of the run, usually the recipe's.
        number: number of the run among those of its name.
        command: what was typed.
        model: the network in a few words, for example "mobilenet_v2, fine-tuned".
        saved_model: folder of the SavedModel.
        predict_command: command that predicts with it.
        started: date and time, as text.
        seconds: wall time per stage.
        waiting: share of the training steps' time in which no batch was ready, per
            stage that trains.
        peak_memory_bytes: most memory held at once.
        device: what computed, in words.
        versions: package → version.
        git_commit: of the working folder.
        seed: of the run.
        fingerprint: of the data: content, labels and splits.
        recipe: the resolved recipe, JSON-ready.
        history: one dict per training phase, as `learning_curves` takes.
        notes: lines on data and training to show the user.
    """

    name: str
    number: int
    command: str = ""
    model: str = ""
    saved_model: str = ""
    predict_command: str = ""
    started: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    waiting: Mapping[str, float] = field(default_factory=dict)
    peak_memory_bytes: int = 0
    device: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    git_commit: str = ""
    seed: int = 0
    fingerprint: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    history: History = ()
    notes: Sequence[str] = ()


def run_subtitle(facts: RunFacts, outputs: str) -> str:
    """Return the line below a report's title: network, outputs, number and date."""
    parts = (facts.model, outputs, f"run {facts.number}", facts.started)
    return " · ".join(text for text in parts if text)


def trained_on(examples: Mapping[str, Sequence[Example]], noun: str) -> Fact:
    """Return how many examples were learned from, and what the others were for.

    Args:
        examples: the examples of each split.
        noun: what the examples are, in the plural.
    """
    sizes = {split: len(members) for split, members in examples.items()}
    used = [
        f"{sizes[split]:,} for {purpose}"
        for split, purpose in (("validation", "validation"), ("test", "the test"))
        if sizes.get(split)
    ]
    return Fact("Trained on", count(sizes.get("train", 0), noun), "; ".join(used))


def run_headline(facts: RunFacts) -> tuple[Fact, ...]:
    """Return time, place and commands of a run for a report's headline."""
    memory = f"{size(facts.peak_memory_bytes)} of memory at most"
    machine = [facts.device, memory if facts.peak_memory_bytes else ""]
    result = (
        Fact(
            "Time",
            duration(sum(facts.seconds.values())) if facts.seconds else "",
            "; ".join(text for text in machine if text),
        ),
        Fact("SavedModel", facts.saved_model, code=True),
        Fact("Predict with it", facts.predict_command, code=True),
    )
    return tuple(fact for fact in result if fact.value)


def data_section(
    examples: Mapping[str, Sequence[Example]],
    labels: Sequence[str],
    lines: Sequence[str],
    noun: str,
    label_noun: str = "classes",
) -> Section:
    """Count the examples of each split, by class where each is of one class.

    Args:
        examples: the examples of each split.
        labels: the classes, in the order of the table; () without any.
        lines: findings of the data check and notes of the loader.
        noun: what the examples are, in the plural.
        label_noun: what the labels are, in the plural.
    """
    sizes = {s: len(examples[s]) for s in SPLITS if examples.get(s)}
    total = sum(sizes.values())
    strata = strata_of(examples)
    if strata and strata <= set(labels):
        table = _classes_table(examples, labels, list(sizes), noun)
    else:
        rows = [(s.capitalize(), f"{n:,}") for s, n in sizes.items()]
        rows.append(("All", f"{total:,}"))
        header = ("Split", noun.capitalize())
        table = Table(header, tuple(rows), f"Number of {noun} by split")
    classes = f" of {count(len(labels), label_noun)}" if labels else ""
    lead = f"{count(total, noun)}{classes}."
    return Section("Data", lead, (table, *_notes_blocks(lines)))


def strata_of(examples: Mapping[str, Sequence[Example]]) -> frozenset[str]:
    """Return the strata of examples, the classes of labelled ones."""
    return frozenset(e.stratum for split in examples.values() for e in split)


def _classes_table(
    examples: Mapping[str, Sequence[Example]],
    labels: Sequence[str],
    splits: Sequence[str],
    noun: str,
) -> Table:
    counts = {s: Counter(e.stratum for e in examples[s]) for s in splits}
    rows = [(name, [counts[s][name] for s in splits]) for name in labels]
    rows.append(("All classes", [len(examples[s]) for s in splits]))
    return Table(
        ("Class", *(split.capitalize() for split in splits), "Total"),
        tuple((n, *(f"{k:,}" for k in (*row, sum(row)))) for n, row in rows),
        f"Number of {noun} by class and split",
    )


def reproducibility_section(facts: RunFacts) -> Section:
    """Show what it takes to make the run again."""
    rows = {
        "Command": facts.command,
        "Model": facts.model,
        "Seed": str(facts.seed),
        "Data fingerprint": facts.fingerprint,
        "Git commit": facts.git_commit,
        "Started": facts.started,
        "Device": facts.device,
    } | {f"{name} version": version for name, version in facts.versions.items()}
    table = Table(
        ("What", "Value"),
        tuple((name, value) for name, value in rows.items() if value),
        "What the result depends on",
        text_columns=2,
    )
    text = json.dumps(facts.recipe, indent=2, ensure_ascii=False, default=str)
    return Section(
        "Reproducibility",
        "The same recipe, seed, data and versions give the same model, up to the "
        "rounding of parallel sums.",
        (table, *_stages(facts), Details("Resolved recipe", text)),
    )


def _notes_blocks(lines: Sequence[str]) -> tuple[Items | Details, ...]:
    """Return lines as a list, or as one that opens on demand if there are many."""
    if not lines:
        return ()
    if len(lines) > MAX_LINES:
        return (
            Details(f"What the check found ({len(lines)} lines)", "\n".join(lines)),
        )
    return (Items(tuple(("", line) for line in lines)),)


def _stages(facts: RunFacts) -> tuple[Table | Paragraph, ...]:
    total = sum(facts.seconds.values())
    if not total:
        return ()
    header = ("Stage", "Time", "Share", "Waiting for data")
    rows = tuple(
        (
            stage,
            duration(seconds),
            percent(seconds / total),
            percent(facts.waiting[stage]) if stage in facts.waiting else "",
        )
        for stage, seconds in facts.seconds.items()
    )
    caption = "Where the time went"
    if not any(stage in facts.waiting for stage in facts.seconds):
        return (Table(header[:3], tuple(row[:3] for row in rows), caption),)
    return (Table(header, rows, caption), Paragraph(WAITING))
