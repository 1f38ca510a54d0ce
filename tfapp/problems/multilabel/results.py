"""From the outputs of a network to all that is known of how good its tags are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit

from tfapp.base.errors import DataError
from tfapp.data.spec import Dataset, Example
from tfapp.problems.multilabel.metrics import TagAnswers, tag_metrics
from tfapp.problems.multilabel.tags import SEPARATOR
from tfapp.problems.multilabel.thresholds import MIDDLE, choose_thresholds
from tfapp.report.blocks import Fact, Table
from tfapp.report.wording import amount, percent, percent_interval
from tfapp.tasks.results import Calibration, PrimaryMetric, Quantity, Results
from tfapp.tasks.scores import score_table
from tfapp.tasks.spec import Outputs

SHARE = (0.0, 1.0)
MOST_SHOWN = 3
"""Names of tags in a note."""


def tag_metric(examples: str) -> PrimaryMetric:
    """Return the primary metric of tasks whose answers are tags.

    Args:
        examples: what the examples are called, in the plural.
    """
    return PrimaryMetric(
        "micro_f1",
        "F1 over all tags",
        "F1",
        unit="%",
        bounds=SHARE,
        scores="pooled",
        others=(
            Quantity("map", "Mean average precision", "mAP", "%", SHARE),
            Quantity("macro_f1", "Mean F1 of the tags", "macro F1", "%", SHARE),
        ),
        examples=examples,
        labels="tags",
    )


def evaluate_tagger(
    metric: PrimaryMetric,
    outputs: Outputs,
    dataset: Dataset,
    calibration: Calibration | None,
) -> Results:
    """Judge the tags that a network answers for the test split.

    Args:
        metric: as `tag_metric` returns.
        outputs: split → float logits (examples, tags).
        dataset: its targets are rows of 0 and 1.
        calibration: "thresholds" of the tags; None to choose them on the validation
            split.

    Raises:
        DataError: if no test example has a tag.
        TrainingError: if an answer is not finite.
    """
    names, noun = dataset.info.labels, metric.examples
    truth = tag_truth(dataset, "test")
    if not truth.any():
        raise DataError(
            f"None of the {len(truth)} test {noun} has a tag, so nothing can be "
            f"measured. Add {noun} with tags, or raise `data.split.test`."
        )
    if calibration is None:
        calibration = {"thresholds": _fitted(outputs, dataset)}
    thresholds = calibration.get("thresholds") or [MIDDLE] * len(names)
    probabilities = expit(np.asarray(outputs("test"), np.float64))
    answers = TagAnswers(names, truth, probabilities, np.array(thresholds))
    figures = tag_metrics(answers)
    return Results(
        metric=metric,
        figures=figures,
        calibration=calibration,
        scores=_scores(dataset.examples["test"], answers),
        headline=_headline(metric, figures),
        tables=(tags_table(figures["per_tag"], noun),),
        notes=_notes(figures["per_tag"]),
        evidence=answers,
    )


def tag_truth(dataset: Dataset, split: str) -> np.ndarray:
    """Return which tags the examples of a split have, bool (examples, tags)."""
    examples = dataset.examples[split]
    shape = (len(examples), dataset.info.num_outputs)
    return np.asarray(dataset.targets(examples)).reshape(shape) > 0.5


def tags_table(per_tag: Mapping[str, Mapping[str, Any]], noun: str) -> Table:
    """Return the figures of each tag as a table."""
    header = ("Tag", noun.capitalize(), "Precision", "Recall", "F1")
    more = ("Average precision", "95 % interval", "Answered from")
    caption = f"Test {noun} that have the tag, and how well it is answered"
    rows = tuple(_row(name, row) for name, row in per_tag.items())
    return Table((*header, *more), rows, caption)


def named(row: np.ndarray, names: Sequence[str]) -> str:
    """Return the tags of a row of booleans, "none" without any."""
    return ", ".join(names[int(i)] for i in np.flatnonzero(row)) or "none"


def _row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    ends = row["average_precision_interval"]
    return (
        name,
        f"{row['support']:,}",
        *(percent(row[key]) for key in ("precision", "recall", "f1")),
        percent(row["average_precision"]),
        percent_interval(*ends) if ends else "n/a",
        percent(row["threshold"]),
    )


def _fitted(outputs: Outputs, dataset: Dataset) -> list[float]:
    truth = tag_truth(dataset, "validation")
    if not len(truth):
        return [MIDDLE] * dataset.info.num_outputs
    return choose_thresholds(expit(np.asarray(outputs("validation"))), truth)


def _scores(examples: Sequence[Example], answers: TagAnswers) -> Table:
    """Return F1 of each example and its weight, then its tags, true and answered."""
    rows = [
        (f"{weight}", f"{loss:.6g}", *map(answers_text(answers.names), (true, chosen)))
        for weight, loss, true, chosen in zip(
            answers.weights, answers.losses, answers.truth, answers.chosen, strict=True
        )
    ]
    columns = ("weight", "loss", "tags", "answered")
    return score_table(examples, answers.scores.tolist(), columns, rows)


def answers_text(names: Sequence[str]) -> Any:
    """Return a function from a row of booleans to tags as a table writes them."""
    return lambda row: SEPARATOR.join(names[int(i)] for i in np.flatnonzero(row))


def _headline(metric: PrimaryMetric, figures: Mapping[str, Any]) -> tuple[Fact, ...]:
    details = {
        "micro_f1": f"of all tags of {figures['examples']:,} unseen {metric.examples}",
        "map": "mean of the tags; needs no thresholds",
        "macro_f1": "mean of the tags, however rare",
        "exact_match": f"of the {metric.examples} have all tags right",
    }
    titles = {q.key: q.short for q in (metric, *metric.others)}
    facts = []
    for key, detail in details.items():
        if ends := figures[f"{key}_interval"]:
            detail += f"; 95 % interval {percent_interval(*ends)}"
        facts.append(Fact(titles.get(key, "Exact"), amount(figures[key], "%"), detail))
    return tuple(facts)


def _notes(per_tag: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    missing = [name for name, row in per_tag.items() if not row["support"]]
    if not missing:
        return ()
    shown = ", ".join(missing[:MOST_SHOWN]) + (" …" if missing[MOST_SHOWN:] else "")
    return (
        f"{len(missing)} of {len(per_tag)} tags have no test example ({shown}): the "
        "means are over the others",
    )
