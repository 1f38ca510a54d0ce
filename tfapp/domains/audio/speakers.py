"""How well each speaker is understood."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tfapp.base.intervals import paired_interval, wilson_interval
from tfapp.data.spec import Dataset
from tfapp.report.blocks import Section, Table
from tfapp.report.wording import percent, percent_interval
from tfapp.tasks.results import Results

MOST = 40
"""Speakers that the report shows, those of the worst figures first."""


def with_speakers(
    results: Results, dataset: Dataset, scores: np.ndarray, weights: Any = None
) -> Results:
    """Return results with the interval of the main figure over the test's speakers.

    Recordings of a speaker are alike, so the interval over recordings says what further
    recordings of the same voices would give. That over speakers takes each as one unit
    and says what other voices would, which is far less certain.

    Args:
        results: of the task.
        dataset: knows the speakers.
        scores: see `speaker_section`.
        weights: see `speaker_section`.

    Returns:
        Results whose figures have "speakers", their number, and
        "METRIC_speakers_interval", (low, high) or None if fewer than two are named.
    """
    voices = _voices(dataset)
    interval = None
    if voices and "" not in voices and len(voices) > 1:
        shares = np.ones(len(scores)) if weights is None else weights
        sums = [float(shares[rows].sum()) for rows in voices.values()]
        means = [
            float(np.average(scores[rows], weights=shares[rows]))
            for rows in voices.values()
        ]
        low, high = paired_interval(means, sums) or results.metric.bounds
        least, most = results.metric.bounds
        interval = max(low, least), min(high, most)
    figures = results.figures | {
        "speakers": len(voices.keys() - {""}),
        f"{results.metric.key}_speakers_interval": interval,
    }
    if interval is None:
        return replace(results, figures=figures)
    first, *others = results.headline
    detail = (
        f"{first.detail}, over {len(voices)} speakers {percent_interval(*interval)}"
    )
    headline = (replace(first, detail=detail), *others)
    return replace(results, figures=figures, headline=headline)


def _voices(dataset: Dataset) -> dict[str, list[int]]:
    """Return places of test recordings by speaker, "" where nothing names one."""
    data: Any = dataset
    voices = defaultdict(list)
    for number, example in enumerate(dataset.examples["test"]):
        voices[data.speakers.get(example.name, "")].append(number)
    return dict(voices)


def speaker_section(
    results: Results, dataset: Dataset, scores: np.ndarray, weights: Any = None
) -> Iterator[Section]:
    """Yield a section with the figure of every speaker of the test, if they are named.

    Args:
        results: of the task.
        dataset: knows the speakers.
        scores: of the test examples in the unit of the main figure, float (examples,).
        weights: of a pooled figure, float (examples,); None if all count alike.
    """
    data: Any = dataset
    voices = _voices(dataset)
    if voices.keys() <= {""}:
        return
    trained = {data.speakers.get(e.name) for e in dataset.examples["train"]}
    shares = np.ones(len(scores)) if weights is None else weights
    figures = {
        voice: float(np.average(scores[rows], weights=shares[rows]))
        for voice, rows in voices.items()
    }
    ordered = sorted(figures, key=lambda voice: results.metric.sign * figures[voice])
    rows = tuple(
        (
            voice or "unknown",
            "known" if voice in trained else "new",
            percent(figures[voice]),
            _interval(results, scores[voices[voice]], weights, voices[voice]),
            f"{len(voices[voice]):,}",
        )
        for voice in ordered[:MOST]
    )
    name = results.metric.title
    header = ("Speaker", "Voice", name, "95 % interval", "Recordings")
    table = Table(header, rows, f"{name} by speaker, the worst first", 2)
    new = sum(voice not in trained for voice in voices)
    lead = (
        f"{new} of {len(voices)} speakers of the test are new to the network."
        if new
        else "The network was trained on all speakers of the test: new voices may do "
        "worse."
    )
    yield Section("Speakers", lead, (table,))


def _interval(results: Results, scores: np.ndarray, weights: Any, rows: Any) -> str:
    if results.metric.scores == "binary":
        low, high = wilson_interval(round(scores.sum()), len(scores))
        return percent_interval(low, high)
    interval = paired_interval(scores, None if weights is None else weights[rows])
    return "n/a" if interval is None else percent_interval(*interval)
