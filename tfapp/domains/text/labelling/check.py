"""What is wrong with files of tagged sentences, and what `fit` has to know of them."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport
from tfapp.data.spec import SPLITS
from tfapp.domains.text.labelling.evaluation.spans import unopened
from tfapp.domains.text.labelling.reading.files import TaggedSet, read_set

MAX_LENGTH = 256
"""Tokens above which a sentence is cut."""


def check_sentences(context: LoadContext) -> CheckReport:
    """Read the files as training would.

    Raises:
        ConfigError: if a file has no such column.
        DataError: if they cannot be read, or all tags are alike.
    """
    options = context.config.options
    tagged = read_set(Path(expand_path(context.config.path)), options.get("column", ""))
    return report(tagged, options.get("max_length", MAX_LENGTH))


def report(tagged: TaggedSet, max_length: int) -> CheckReport:
    """Return the report on the sentences of files."""
    sentences = list(tagged.sentences)
    left_out = tagged.blocks - len(sentences)
    copies = defaultdict(list)
    for split, file, sentence in sentences:
        copies[sentence.tokens].append((f"{file}:{sentence.line}", split, sentence))
    groups = [group for group in copies.values() if len(group) > 1]
    facts: dict[str, Any] = {
        "tokens": sum(len(s.tokens) for _, _, s in sentences),
        "tags": len({tag for _, _, s in sentences for tag in s.tags}),
        "intents": len({s.intent for _, _, s in sentences} - {""}),
        "spans": tagged.spans,
        "training": sum(split in ("", "train") for split, _, _ in sentences),
    }
    counts = {
        "files": tagged.blocks,
        "usable": len(sentences),
        "unusable": left_out,
        "left out": left_out,
    }
    problems = (*tagged.problems, *_problems(tagged, groups, max_length))
    return CheckReport(
        tagged.name,
        "sentences",
        counts,
        {},
        facts,
        problems,
        tuple(tuple(name for name, _, _ in group) for group in groups),
    )


def _problems(tagged: TaggedSet, groups: list[Any], most: int) -> list[Problem]:
    """Return the findings on all sentences together."""
    sentences = [s for _, _, s in tagged.sentences]
    problems = []
    if long := [s for s in sentences if len(s.tokens) > most]:
        longest = max(len(s.tokens) for s in long)
        detail = f"{len(long)} sentences of up to {longest} tokens are cut at {most}"
        problems.append(Problem("", "long sentences", "used with care", detail))
    opened = sum(unopened(s.tags) for s in sentences) if tagged.spans else 0
    if opened:
        detail = f"{opened} spans begin with I-, and count as if it were B-"
        problems.append(Problem("", "spans without B-", "used with care", detail))
    torn = [g for g in groups if len({split for _, split, _ in g}) > 1]
    if torn:
        shared = sum(split == "test" for g in torn for _, split, _ in g)
        detail = (
            f"{len(torn)} sentences are in several of {', '.join(SPLITS)}, {shared} of "
            "them to be tested; figures without them are given too"
        )
        problems.append(Problem("", "copies in two splits", "used with care", detail))
    odd = [g for g in groups if len({s.tags for _, _, s in g}) > 1]
    if odd:
        detail = f"{len(odd)} sentences are tagged in several ways, as {odd[0][0][0]}"
        problems.append(Problem("", "contradictions", "note", detail))
    if rare := _rare(tagged):
        problems.append(Problem("", "rare tags", "note", rare))
    return problems


def _rare(tagged: TaggedSet) -> str:
    counts = Counter(tag for _, _, s in tagged.sentences for tag in s.tags)
    rare = [tag for tag, number in counts.items() if number < 5]
    if not rare:
        return ""
    shown = ", ".join(sorted(rare)[:5]) + (", …" if len(rare) > 5 else "")
    return f"{len(rare)} of {len(counts)} tags occur fewer than 5 times: {shown}"
