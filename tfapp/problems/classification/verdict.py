"""What is worth doing next about a classifier, by simple rules over the figures.

Each rule is a function that returns one finding or None. The thresholds are stated
where they are used.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tfapp.base.intervals import wilson_interval
from tfapp.problems.classification.metrics import unproven
from tfapp.problems.classification.results import ClassAnswers
from tfapp.recipes.config import Recipe
from tfapp.report.learning_rules import Finding, History, learning_findings
from tfapp.report.wording import count, percent, percent_interval, points, quoted
from tfapp.tasks.results import Results

RARE = 0.67
"""Share of the mean number of examples of a class below which a class is rare."""


class ConfusedPair(NamedTuple):
    """Two classes that are taken for each other."""

    label: str
    predicted: str
    mistakes: int
    support: int


def classification_findings(
    results: Results, history: History, recipe: Recipe
) -> list[Finding]:
    """Return what stands out and what to do about it, the most useful first.

    Args:
        results: as `evaluate_classifier` returns for a model it calibrated.
        history: training phases, as `learning_curves` takes.
        recipe: of the run: what it has set is not advised.
    """
    # Without a mistake more training has nothing to show for it.
    perfect = _answers(results).correct.all()
    findings = (
        unproven_classes(results),
        no_mistakes(results),
        suspicious_labels(results),
        most_confused(results),
        weak_classes(results, recipe),
        *(() if perfect else learning_findings(history, recipe)),
        dishonest_confidence(results, recipe),
        too_few_examples(results),
    )
    return [finding for finding in findings if finding is not None]


def unproven_classes(results: Results) -> Finding | None:
    """Report classes of which the test split has too few examples to say anything."""
    sentence = unproven(results.figures["per_class"], results.metric.examples)
    if not sentence:
        return None
    noun = results.metric.examples
    return sentence, f"Add {noun} of these classes before anything else is compared."


def confused_pairs(
    metrics: Mapping[str, Any], most: int = 10
) -> tuple[ConfusedPair, ...]:
    """Return the most frequent mistakes, true class and prediction.

    Args:
        metrics: as `classification_metrics` returns.
        most: number of pairs at most, up to `MOST_MISTAKES`.
    """
    per_class = metrics["per_class"]
    names = list(per_class)
    return tuple(
        ConfusedPair(names[i], names[j], mistakes, per_class[names[i]]["support"])
        for i, j, mistakes in metrics["mistakes"][:most]
    )


def too_few_examples(results: Results) -> Finding | None:
    """Report that the 95 % interval of the accuracy is wider than 10 points."""
    low, high = results.figures["accuracy_interval"]
    if high - low <= 0.1:
        return None
    return (
        f"{count(results.figures['examples'], results.metric.examples)} cannot "
        "settle the accuracy.",
        f"It may be anything in {percent_interval(low, high)}; judge small changes "
        "only with more held-out examples.",
    )


def no_mistakes(results: Results) -> Finding | None:
    """Report that every answer was right."""
    if not _answers(results).correct.all():
        return None
    return (
        "Not one mistake.",
        f"Try harder {results.metric.examples} from where the model will be used, and "
        "make sure that training has not seen near-copies of these.",
    )


def suspicious_labels(results: Results) -> Finding | None:
    """Report that mistakes were made with 99 % confidence: labels may be wrong.

    A model that is wrong in a tenth of such answers is over-confident instead.
    """
    answers = _answers(results)
    confident = answers.confidence >= 0.99
    sure = int((~answers.correct & confident).sum())
    if not sure or sure > 0.1 * confident.sum():
        return None
    verb = "was" if sure == 1 else "were"
    return (
        f"{count(sure, 'mistakes')} {verb} made with over 99 % confidence.",
        "Check these labels first (“Worst mistakes”): so sure a model is often "
        "right about a mislabelled example.",
    )


def most_confused(results: Results) -> Finding | None:
    """Report the pair behind a fifth of the mistakes, of more than two classes."""
    total = int((~_answers(results).correct).sum())
    pairs = confused_pairs(results.figures, 1)
    if len(results.figures["per_class"]) < 3 or not pairs:
        return None
    pair = pairs[0]
    if pair.mistakes < 2 or pair.mistakes < 0.2 * total:
        return None
    return (
        f"{quoted(pair.label)} is taken for {quoted(pair.predicted)} "
        f"{pair.mistakes:,} times, {percent(pair.mistakes / total)} of all mistakes.",
        "More examples in which the two differ clearly would help most.",
    )


def weak_classes(results: Results, recipe: Recipe) -> Finding | None:
    """Report classes whose recall is surely below the accuracy.

    "Surely": the upper end of the 95 % interval of the recall lies below it.
    """
    accuracy, weak = results.figures["accuracy"], []
    per_class = results.figures["per_class"]
    for name, row in per_class.items():
        hits = round((row["recall"] or 0.0) * row["support"])
        if wilson_interval(hits, row["support"])[1] < accuracy:
            weak.append((row["recall"], name))
    if not weak:
        return None
    named = ", ".join(f"{quoted(name)} ({percent(r)})" for r, name in sorted(weak)[:3])
    others = f" and {count(len(weak) - 3, 'other classes')}" if len(weak) > 3 else ""
    advice = "Add examples of these classes, or check their labels"
    mean = results.figures["examples"] / len(per_class)
    rare = all(per_class[name]["support"] < RARE * mean for _, name in weak)
    if rare and recipe.task_options.get("class_weights") != "balanced":
        advice += "; they are rare: task_options.class_weights = balanced may help too"
    return f"Found less often than the rest: {named}{others}.", f"{advice}."


def dishonest_confidence(results: Results, recipe: Recipe) -> Finding | None:
    """Report an error of the exported confidence that calibration would lower.

    It has to exceed 3 points before and to be lower after; a recipe that exports
    calibrated probabilities has nothing left to do.
    """
    before, after = results.figures["ece_before"], results.figures["ece_after"]
    temperature = results.calibration["temperature"]
    if before <= 0.03 or after >= before or recipe.export.calibrated:
        return None
    direction = "over-confident" if temperature > 1 else "under-confident"
    return (
        f"The raw probabilities are {direction}, by {points(before)} on average.",
        f"Divided by the temperature {temperature:.2f}, logits give an error of "
        f"{points(after)}; export with export.calibrated = true.",
    )


def _answers(results: Results) -> ClassAnswers:
    answers: ClassAnswers = results.evidence
    return answers
