"""What is said in a recording, as text."""

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from tfapp.data.spec import DataInfo
from tfapp.domains.audio.speech.interface import INTERFACE
from tfapp.domains.audio.speech.losses import CtcLoss
from tfapp.domains.audio.speech.results import (
    METRIC,
    evaluate_speech,
    speech_baselines,
)
from tfapp.domains.audio.speech.sections import speech_sections
from tfapp.domains.audio.speech.views import speech_views
from tfapp.tasks.spec import Learning, Task


def task(*, beam_width: Annotated[int, Field(ge=0, le=1000)] = 0) -> Task:
    """Write down what is said, without being shown when.

    Args:
        beam_width: prefixes that a search for the most probable text follows; 0 for the
            most probable output of every frame, which is quicker.
    """
    return Task(
        name="speech",
        learning=_learning,
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=partial(evaluate_speech, beam_width),
        baselines=speech_baselines,
        sections=speech_sections,
        views=speech_views,
        interface=INTERFACE,
    )


def _learning(model: Any, info: DataInfo) -> Learning:
    return Learning(model, CtcLoss(), [])
