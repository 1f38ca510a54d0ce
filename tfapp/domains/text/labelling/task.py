"""A tag for every token of a sentence, and an intent for the sentence."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, cast

import keras

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.text.labelling.dataset import SentenceDataset, tags_of
from tfapp.domains.text.labelling.evaluation.baseline import labelling_baselines
from tfapp.domains.text.labelling.evaluation.results import METRICS, evaluate_tagger
from tfapp.domains.text.labelling.evaluation.sections import labelling_sections
from tfapp.domains.text.labelling.interface import INTERFACE
from tfapp.domains.text.labelling.losses import PathLoss, TagLoss, TokenAccuracy
from tfapp.domains.text.labelling.models.recurrent_tagger import EMISSIONS
from tfapp.domains.text.labelling.views import sentence_views
from tfapp.layers.outputs import LOGITS
from tfapp.recipes.config import Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Learning, Task


def task(
    *,
    score: Literal["tokens", "spans"] = "tokens",
    label_smoothing: Share = 0.0,
    intent_weight: float = 1.0,
) -> Task:
    """Choose a tag for every token, and the intent of sentences that have one.

    Args:
        score: the main figure: accuracy of "tokens", or F1 of the "spans" that tags
            such as B-city and I-city mark.
        label_smoothing: share of a tag that is spread over all; not for paths (`crf`).
        intent_weight: of the intents' loss next to that of the tags.
    """
    metric = METRICS[score]
    return Task(
        name="sentence_labelling",
        learning=partial(_learning, label_smoothing, intent_weight),
        monitor="val_accuracy",
        mode="max",
        metric=metric,
        evaluate=partial(evaluate_tagger, metric),
        interface=INTERFACE,
        baselines=labelling_baselines,
        sections=_sections,
        views=sentence_views,
    )


def _learning(
    smoothing: float, intent_weight: float, model: keras.Model, info: DataInfo
) -> Learning:
    tags = len(tags_of(info.labels))
    metrics = [TokenAccuracy(tags)]
    if not isinstance(model.output, dict):
        return Learning(model, TagLoss(tags, smoothing, intent_weight), metrics)
    paths = PathLoss(model.get_layer("crf"), tags, intent_weight)
    return Learning(model, {EMISSIONS: paths}, metrics, batch=_both, main=LOGITS)


def _both(inputs: Any, targets: Any) -> tuple[Any, Any]:
    """Return the tags as the target of both outputs."""
    return inputs, {LOGITS: targets, EMISSIONS: targets}


def _sections(results: Results, dataset: Dataset, model: Any) -> Sequence[Section]:
    return labelling_sections(results, cast(SentenceDataset, dataset), model)
