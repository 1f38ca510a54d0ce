"""Sections that every report has, whatever the task: the data and the run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tfapp.data.spec import SPLITS, Example
from tfapp.report.blocks import Details, Fact, Items, Paragraph, Section, Table
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
        serve_command: command that serves it.
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
    """

    name: str
    number: int
    command: str = ""
    model: str = ""
    saved_model: str = ""
    serve_command: str = ""
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


def run_subtitle(facts: RunFacts, num_classes: int) -> str:
    """Return the line below a report's title: network, classes, number and date."""
    told = [facts.model, count(num_classes, "classes"), f"run {facts.number}"]
    return " · ".join(text for text in (*told, facts.started) if text)


def trained_on(examples: Mapping[str, Sequence[Example]], noun: str) -> Fact:
    """Return how many examples were learned from, and what the others were for.

    Args:
        examples: the examples of each split.
        noun: what the examples are, in the plural.
    """
    sizes = {split: len(found) for split, found in examples.items()}
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
    found = (
        Fact(
            "Time",
            duration(sum(facts.seconds.values())) if facts.seconds else "",
            "; ".join(text for text in machine if text),
        ),
        Fact("SavedModel", facts.saved_model, code=True),
        Fact("Predict with it", facts.predict_command, code=True),
        Fact("Serve it", facts.serve_command, code=True),
    )
    return tuple(fact for fact in found if fact.value)


def data_section(
    examples: Mapping[str, Sequence[Example]],
    class_names: Sequence[str],
    lines: Sequence[str],
    noun: str = "images",
) -> Section:
    """Count the examples per class and split, and tell what the check found.

    Args:
        examples: the examples of each split.
        class_names: the classes, in the order of the table.
        lines: findings of the data check and notes of the loader.
        noun: what the examples are, in the plural.
    """
    splits = [split for split in SPLITS if examples.get(split)]
    counts = {split: _per_class(examples[split], class_names) for split in splits}
    rows = [
        (name, *(f"{counts[s][name]:,}" for s in splits), f"{_total(counts, name):,}")
        for name in class_names
    ]
    sums = [len(examples[split]) for split in splits]
    rows.append(("All classes", *(f"{n:,}" for n in sums), f"{sum(sums):,}"))
    table = Table(
        ("Class", *(split.capitalize() for split in splits), "Total"),
        tuple(rows),
        f"Number of {noun} by class and split",
    )
    lead = f"{count(sum(sums), noun)} of {count(len(class_names), 'classes')}."
    return Section("Data", lead, (table, *notes_blocks(lines)))


def reproducibility_section(facts: RunFacts, recipe: Mapping[str, Any]) -> Section:
    """Tell what it takes to make the run again.

    Args:
        facts: of the run.
        recipe: the resolved recipe, JSON-ready.
    """
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
    text = json.dumps(recipe, indent=2, ensure_ascii=False, default=str)
    return Section(
        "Reproducibility",
        "The same recipe, seed, data and versions give the same model, up to the "
        "rounding of parallel sums.",
        (table, *_stages(facts), Details("Resolved recipe", text)),
    )


def _per_class(
    examples: Sequence[Example], class_names: Sequence[str]
) -> dict[str, int]:
    counts = dict.fromkeys(class_names, 0)
    for example in examples:
        counts[example.target] += 1
    return counts


def _total(counts: Mapping[str, Mapping[str, int]], name: str) -> int:
    return sum(of_split[name] for of_split in counts.values())


def notes_blocks(lines: Sequence[str]) -> tuple[Items | Details, ...]:
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
