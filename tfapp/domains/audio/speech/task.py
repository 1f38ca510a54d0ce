"""What is said in a recording, as text."""

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from tfapp.base.errors import ConfigError
from tfapp.data.spec import DataInfo
from tfapp.domains.audio.speech.decoding.ngrams import require_small_table
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


def task(
    *,
    beam_width: Annotated[int, Field(ge=0, le=1000)] = 0,
    ngram: Annotated[int, Field(ge=0, le=6)] = 0,
    ngram_weight: Annotated[float, Field(ge=0.0, le=10.0)] = 0.5,
) -> Task:
    """Write down what is said, without being shown when.

    Args:
        beam_width: prefixes that a search for the most probable text follows; 0 for the
            most probable output of every frame, which is quicker.
        ngram: tokens in a row whose frequency in the texts of training takes part in
            the search, 0 for none.
        ngram_weight: factor of the logarithm of their probability.

    Raises:
        ConfigError: if n-grams have no search to take part in.
    """
    if ngram and not beam_width:
        raise ConfigError(
            f"`task_options.ngram` = {ngram} needs a search: set "
            "`task_options.beam_width`, such as 16. Received: 0"
        )
    return Task(
        name="speech",
        learning=partial(_learning, ngram),
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=partial(evaluate_speech, beam_width, ngram, ngram_weight),
        baselines=speech_baselines,
        sections=speech_sections,
        views=speech_views,
        interface=INTERFACE,
    )


def _learning(ngram: int, model: Any, info: DataInfo) -> Learning:
    require_small_table(ngram, info.num_outputs)
    return Learning(model, CtcLoss(), [])
