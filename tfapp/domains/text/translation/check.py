"""What is wrong with pairs of texts, and what `fit` has to know of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport
from tfapp.domains.text.translation.dataset import CutPair, cut_pairs
from tfapp.domains.text.translation.reading.files import read_pairs
from tfapp.domains.text.translation.reading.generated import dates, sums
from tfapp.domains.text.translation.reading.spec import Pair, PairSet
from tfapp.report.wording import count

MAX_LENGTH = 200
"""Symbols above which a side is too long."""
SUMS, DATES = 50_000, 20_000
"""Generated pairs."""
DIGITS = 3


@dataclass(frozen=True)
class Examined:
    """Pairs that can be learned from, and what is wrong with the others.

    Args:
        whole: as they were read.
        pairs: without those that are too long.
        cut: name of a pair → its symbols.
        report: on all of them.
    """

    whole: PairSet
    pairs: tuple[Pair, ...]
    cut: Mapping[str, CutPair]
    report: CheckReport


def check_pairs(context: LoadContext) -> CheckReport:
    """Read the tables as training would.

    Raises:
        ConfigError: if an option names no column.
        DataError: if they hold no pairs.
    """
    return open_pairs(context).report


def check_addition(context: LoadContext) -> CheckReport:
    """Make the sums that training would."""
    options = context.config.options
    made = sums(options.get("digits", DIGITS), options.get("count", SUMS))
    return examine(made, "characters", MAX_LENGTH).report


def check_dates(context: LoadContext) -> CheckReport:
    """Make the dates that training would."""
    made = dates(context.config.options.get("count", DATES))
    return examine(made, "characters", MAX_LENGTH).report


def open_pairs(context: LoadContext) -> Examined:
    """Read the pairs of `data.path`, and cut them into symbols."""
    options = context.config.options
    whole = read_pairs(Path(expand_path(context.config.path)), options)
    cut = str(context.preprocess.get("cut") or options.get("cut") or "characters")
    return examine(whole, cut, options.get("max_length", MAX_LENGTH))


def examine(whole: PairSet, cut: str, most: int) -> Examined:
    """Cut pairs into symbols, and leave out those with a side that is too long.

    Args:
        whole: pairs as they were read.
        cut: "characters" or "spaces".
        most: symbols of a side.
    """
    pieces = cut_pairs(whole.pairs, cut)
    too_long = {
        name
        for name, pair in pieces.items()
        if max(len(pair.source), len(pair.target)) > most
    }
    problems = [
        *whole.problems,
        *map(partial(_too_long, pieces, most), sorted(too_long)),
        *_odd(whole.pairs),
    ]
    pairs = tuple(pair for pair in whole.pairs if pair.name not in too_long)
    empty = sum(p.kind == "empty side" for p in whole.problems)
    counts = {
        "files": whole.rows,
        "usable": len(pairs),
        "unusable": empty + len(too_long),
        "left out": whole.rows - len(pairs),
    }
    report = CheckReport(
        whole.name, "pairs", counts, {}, _facts(pairs, pieces), tuple(problems)
    )
    return Examined(whole, pairs, pieces, report)


def _facts(pairs: Sequence[Pair], pieces: Mapping[str, CutPair]) -> dict[str, float]:
    """Return what the plan is made by: numbers, lengths, and repetition of words."""
    cut = [pieces[pair.name] for pair in pairs]
    sources = np.array([len(pair.source) for pair in cut] or [0])
    targets = np.array([len(pair.target) for pair in cut] or [0])
    words = Counter(word for pair in pairs for word in pair.target.split())
    return {
        "training": sum(pair.split in ("", "train") for pair in pairs),
        "longest_source": int(sources.max()),
        "longest_target": int(targets.max()),
        "mean_source": round(float(sources.mean()), 1),
        "mean_target": round(float(targets.mean()), 1),
        "different_words": len(words),
        "words": words.total(),
    }


def _too_long(pieces: Mapping[str, CutPair], most: int, name: str) -> Problem:
    pair = pieces[name]
    longest = max(len(pair.source), len(pair.target))
    detail = f"a side of {longest:,} symbols; at most {most} are read"
    return Problem(name, "too long", "left out", detail)


def _odd(pairs: Sequence[Pair]) -> Iterator[Problem]:
    """Yield notes on copies, and on sources with several answers."""
    targets: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        targets[pair.source].append(pair.target)
    several = [source for source, all_of in targets.items() if len({*all_of}) > 1]
    copies = sum(len(all_of) - len({*all_of}) for all_of in targets.values())
    if copies:
        detail = f"{count(copies, 'pairs')} occur again; copies share a split"
        yield Problem("", "copies", "note", detail)
    if several:
        detail = (
            f"{count(len(several), 'sources')} have several targets, such as "
            f"{several[0]!r}; an answer is right if it is that of its own pair"
        )
        yield Problem("", "several targets", "note", detail)
