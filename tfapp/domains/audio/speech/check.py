"""Recordings whose text takes more time than they have, next to all other faults."""

from collections.abc import Mapping
from dataclasses import replace

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.report import CheckReport, refused
from tfapp.domains.audio.check import Examined, examine, require_enough
from tfapp.domains.audio.inspection import RecordingFacts
from tfapp.domains.audio.speech.tokens import Unit, least_frames, tokens_of

FRAME = 0.02
"""Seconds that a token takes at least."""


def check_utterances(context: LoadContext) -> CheckReport:
    """Decode all recordings of what is said and report what is wrong with them."""
    unit = context.config.options.get("unit", "characters")
    report = examine_speech(context, unit).report
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def examine_speech(context: LoadContext, unit: Unit) -> Examined:
    """Decode recordings of what is said; leave out texts that cannot fit.

    A network names at most one token a frame, so a text of more tokens than frames has
    no path, and its loss no meaning.
    """

    def fitting(
        facts: Mapping[str, RecordingFacts], answers: Mapping[str, str]
    ) -> Mapping[str, RecordingFacts]:
        return {n: _fitting(f, tokens_of(answers[n], unit)) for n, f in facts.items()}

    return examine(context, spoken=True, judge=fitting)


def _fitting(fact: RecordingFacts, tokens: list[str]) -> RecordingFacts:
    least = least_frames(tokens)
    if fact.fault or 1000 * least * FRAME <= fact.milliseconds:
        return fact
    detail = (
        f"its text of {len(tokens)} tokens needs {least * FRAME:.2f} s, and it is "
        f"{fact.milliseconds / 1000:.2f} s long."
    )
    return replace(fact, fault="too short for its text", detail=detail)
