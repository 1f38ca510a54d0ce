"""A number for each image, or several."""

from functools import partial
from typing import Any, Literal, cast

import keras
import numpy as np

from tfapp.data.report import CheckReport
from tfapp.data.spec import DataInfo, Dataset, Example
from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.network_sections import network_sections
from tfapp.domains.images.regression.preprocessor import NumberPreprocessor
from tfapp.domains.images.vectors.galleries import spread_section, worst_section
from tfapp.domains.images.vectors.interface import vector_signatures
from tfapp.domains.images.vectors.plan import vector_plan
from tfapp.domains.images.views import gallery_view, small_picture
from tfapp.export.spec import Exported, Signature
from tfapp.problems.regression.baselines import number_baselines
from tfapp.problems.regression.interface import number_answers, number_prediction
from tfapp.problems.regression.metrics import NumberAnswers
from tfapp.problems.regression.results import (
    NumberDataset,
    evaluate_regressor,
    number_metric,
)
from tfapp.problems.regression.sections import number_sections
from tfapp.recipes.plan import Machine, Plan
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Learning, Task
from tfapp.tasks.watching import Glance, View

METRIC = number_metric("images")
LOSSES = {
    "huber": keras.losses.Huber,
    "squared": keras.losses.MeanSquaredError,
    "absolute": keras.losses.MeanAbsoluteError,
}


def _signatures(exported: Exported) -> dict[str, Signature]:
    return vector_signatures(exported, number_answers)


INTERFACE = image_interface(
    signatures=_signatures,
    prediction=number_prediction,
    preprocessor=NumberPreprocessor.from_description,
    outputs={"values": "numbers"},
)


def task(*, loss: Literal["huber", "squared", "absolute"] = "huber") -> Task:
    """Answer each image with numbers, and the intervals they lie in.

    Args:
        loss: of the error in deviations: "squared" for means, "absolute" for medians,
            "huber" between them: squared up to one deviation, then linear.
    """
    return Task(
        name="image_regression",
        learning=partial(_learning, loss),
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=partial(evaluate_regressor, METRIC),
        interface=INTERFACE,
        baselines=number_baselines,
        sections=_sections,
        views=_views,
        thumbnail=small_picture,
    )


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network, image size and training for images with numbers."""
    names = report.facts["answers"]
    listed = ", ".join(names[:5]) + (" and more" if names[5:] else "")
    return vector_plan(report, machine, f"a number for {listed}")


def _learning(loss: str, model: keras.Model, info: DataInfo) -> Learning:
    metrics = [keras.metrics.MeanAbsoluteError(name="mae")]
    return Learning(model, LOSSES[loss](), metrics)


def _views(glance: Glance) -> tuple[View, ...]:
    scaling = cast(NumberDataset, glance.dataset).scaling

    def caption(example: Example, answer: np.ndarray) -> str:
        pairs = zip(example.target.split(), scaling.unscaled(answer), strict=True)
        return "; ".join(f"{float(true):.4g} → {value:.4g}" for true, value in pairs)

    return (gallery_view(glance, caption),)


def _sections(results: Results, dataset: Dataset, model: Any) -> list[Section]:
    answers: NumberAnswers = results.evidence

    def caption(place: int) -> str:
        pairs = zip(answers.truth[place], answers.values[place], strict=True)
        return "; ".join(f"{true:.4g} → {value:.4g}" for true, value in pairs)

    train = dataset.examples["train"]
    first = [float(e.target.split()[0]) for e in train]
    sections = (
        *number_sections(results),
        worst_section(
            dataset,
            answers.scores(answers.values),
            caption,
            "The largest errors first: truth → answer. A wrong number in the table "
            "shows here before anywhere else.",
        ),
        spread_section(
            dataset,
            sorted(range(len(train)), key=lambda i: first[i]),
            lambda e: "; ".join(f"{float(n):.4g}" for n in e.target.split()),
            f"Training images evenly spread over `{answers.names[0]}`.",
        ),
        *network_sections(model, dataset),
    )
    return [section for section in sections if section is not None]
