"""What the report shows of a network of speech."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfapp.data.spec import Dataset, Pass
from tfapp.domains.audio.preprocessor import SAMPLES
from tfapp.domains.audio.speakers import speaker_section
from tfapp.domains.audio.speech.results import Answer, rates
from tfapp.domains.audio.speech.tokens import text_of
from tfapp.report.blocks import Block, Picture, Section, Table
from tfapp.report.style import new_figure, to_svg
from tfapp.report.wording import percent
from tfapp.tasks.results import Results
from tfapp.training.inference import seconds_per_input

SHOWN = 12
LEAST_SHARE = 0.2
"""Largest probability of a token from which on the picture has a line for it."""


def speech_sections(results: Results, dataset: Dataset, model: Any) -> list[Section]:
    """Return the sections on mistakes, alignment and speakers.

    Args:
        results: of `evaluate_speech`.
        dataset: of the recordings.
        model: that was evaluated.
    """
    answers: Sequence[Answer] = results.evidence
    scores, weights = rates(answers)
    return [
        _mistakes(results, dataset),
        *_alignment(answers, dataset),
        *speaker_section(results, dataset, scores, weights),
        _speed(dataset, model),
    ]


def _speed(dataset: Dataset, model: Any) -> Section:
    """Time one test recording through spectrum and network."""
    data: Any = dataset
    inputs, *_ = next(
        iter(data.batches(data.examples["test"][:1], Pass()).as_numpy_iterator())
    )
    heard = float(inputs[SAMPLES][0]) / data.preprocessor.rate
    factor = seconds_per_input(model, inputs) / heard
    lead = (
        f"A recording of {heard:.1f} s takes {factor:.1%} of its own length through "
        "spectrum and network (the real-time factor)."
    )
    return Section("Speed", lead)


def _mistakes(results: Results, dataset: Dataset) -> Section:
    figures, answers = results.figures, results.evidence
    blocks: list[Block] = [results.tables[0]]
    if confusions := figures["confusions"][:SHOWN]:
        rows = tuple((c["said"], c["answered"], str(c["times"])) for c in confusions)
        header = ("Said", "Answered", "Times")
        blocks.append(Table(header, rows, "Most frequent substitutions", 2))
    wrong = [
        (text_of(a.said), text_of(a.tokens) or "nothing", e.name)
        for a, e in zip(answers, dataset.examples["test"], strict=True)
        if a.mistakes.total
    ]
    if wrong:
        header = ("Said", "Answered", "Recording")
        blocks.append(Table(header, tuple(wrong[:SHOWN]), "First wrong texts", 3))
    lead = (
        f"{percent(figures['error_rate'])} of the tokens are wrong, and "
        f"{percent(figures['whole_right'])} of the texts are right as a whole."
    )
    return Section("Mistakes", lead, tuple(blocks))


def _alignment(answers: Sequence[Answer], dataset: Dataset) -> Iterator[Section]:
    """Show when the tokens of one recording are named."""
    right = [a for a in answers if not a.mistakes.total and len(a.tokens) > 1]
    if not right:
        return
    answer = max(right, key=lambda a: len(a.tokens))
    shares = np.exp(answer.logits - answer.logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    (present,) = np.nonzero(shares.max(axis=0) > LEAST_SHARE)
    last = int(answer.frames[-1]) + 20
    drawing = new_figure(7.0, 2.6)
    axes = drawing.subplots()
    for place in present:
        name = dataset.info.labels[place]
        style: dict[str, Any] = {"linestyle": ":"} if place == 0 else {}
        axes.plot(
            shares[:last, place], label="nothing" if place == 0 else name, **style
        )
    axes.set_xlabel("frame")
    axes.set_ylabel("probability")
    axes.legend(ncols=6, loc="upper center", bbox_to_anchor=(0.5, 1.22))
    said = text_of(answer.said)
    picture = Picture(
        to_svg(drawing),
        f"Probability of each token over the frames of a recording of {said!r}.",
        "A token is named in few frames, near its end; between them the network "
        "answers nothing.",
    )
    yield Section(
        "Alignment", f"When the network names the tokens of {said!r}.", (picture,)
    )
