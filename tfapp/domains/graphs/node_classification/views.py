"""What is seen of a classifier of nodes in training: the graph with the answers."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from tfapp.domains.graphs.dataset import GraphDataset
from tfapp.domains.graphs.node_classification.sections import graph_picture
from tfapp.problems.classification.calibration import softmax
from tfapp.problems.classification.results import ClassAnswers
from tfapp.problems.classification.views import class_views
from tfapp.tasks.watching import Glance, Item, View

NAME = "validation examples"


def node_views(glance: Glance) -> tuple[View, ...]:
    """Return the views of a classifier, and the validation nodes in their graph."""

    def draw() -> Mapping[str, Item]:
        dataset = cast(GraphDataset, glance.dataset)
        logits = np.stack(list(glance.answers(glance.examples)))
        answers = ClassAnswers(
            dataset.info.labels,
            np.asarray(dataset.targets(glance.examples)),
            logits,
            softmax(logits),
        )
        return {NAME: graph_picture(answers, dataset, "validation")}

    return (View(NAME, draw, 1.0), *class_views(glance))
