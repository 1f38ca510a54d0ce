"""Several tags for each image, or none."""

from functools import partial
from typing import Any

import keras
import numpy as np

from tfapp.data.spec import DataInfo, Dataset, Example
from tfapp.domains.images.multilabel.interface import INTERFACE
from tfapp.domains.images.vectors.galleries import spread_section, worst_section
from tfapp.domains.images.views import gallery_view, small_picture
from tfapp.problems.multilabel.baselines import tag_baselines
from tfapp.problems.multilabel.metrics import TagAnswers
from tfapp.problems.multilabel.results import evaluate_tagger, named, tag_metric
from tfapp.problems.multilabel.sections import tag_sections
from tfapp.problems.multilabel.tags import tags_of
from tfapp.problems.multilabel.views import likely_tags, tag_views
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Learning, Task
from tfapp.tasks.watching import Glance, View

METRIC = tag_metric("images")


def task() -> Task:
    """Choose the tags of each image: any number of them, or none."""
    return Task(
        name="image_multilabel",
        learning=_learning,
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=partial(evaluate_tagger, METRIC),
        interface=INTERFACE,
        baselines=tag_baselines,
        sections=_sections,
        views=_views,
        thumbnail=small_picture,
    )


def _learning(model: keras.Model, info: DataInfo) -> Learning:
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    metrics = [keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)]
    return Learning(model, loss, metrics)


def _sections(results: Results, dataset: Dataset, model: Any) -> list[Section]:
    answers: TagAnswers = results.evidence

    def caption(place: int) -> str:
        rows = (answers.truth[place], answers.chosen[place])
        true, chosen = (named(row, answers.names) for row in rows)
        return f"{true} → {chosen}"

    train = dataset.examples["train"]
    order = sorted(range(len(train)), key=lambda i: _rank(train[i]))
    wrong = (answers.chosen != answers.truth).any(axis=1)
    sections = (
        *tag_sections(results, dataset),
        worst_section(
            dataset,
            answers.losses,
            caption,
            "Images with wrong tags, the most confident first: true tags → answer. A "
            "wrong tag in the table shows here before anywhere else.",
            wrong=wrong,
        ),
        spread_section(
            dataset,
            order,
            lambda e: ", ".join(tags_of(e)) or "none",
            "Training images evenly spread over the number of their tags.",
        ),
    )
    return [section for section in sections if section is not None]


def _views(glance: Glance) -> tuple[View, ...]:
    names = glance.dataset.info.labels

    def caption(example: Example, logits: np.ndarray) -> str:
        true = ", ".join(tags_of(example)) or "none"
        return f"{true} → {likely_tags(logits, names)}"

    return (gallery_view(glance, caption), *tag_views(glance))


def _rank(example: Example) -> tuple[int, str]:
    return len(tags_of(example)), example.target
