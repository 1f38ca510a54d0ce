"""What is worth doing next about a segmentation, by simple rules over the figures."""

import numpy as np

from tfapp.recipes.config import Recipe
from tfapp.report import learning_rules
from tfapp.report.learning_rules import Finding, History
from tfapp.report.wording import count, percent, percent_interval, quoted
from tfapp.tasks.results import Results

FEW_IMAGES = 10
"""Test images below which an interval over images is unreliable."""


def segmentation_findings(
    results: Results, history: History, recipe: Recipe
) -> list[Finding]:
    """Return what stands out and what to do about it, the most useful first.

    Args:
        results: of the test images.
        history: training phases, as `learning_curves` takes.
        recipe: of the run: what it has set is not advised.
    """
    findings = (
        learning_rules.cut_short(history, recipe),
        missing_class(results, recipe),
        outlier(results),
        merged_objects(results, recipe),
        better_threshold(results),
        learning_rules.unstable(history, recipe),
        learning_rules.memorises(history, recipe, 0.03, _changes(recipe)),
        learning_rules.still_improving(history, recipe),
        too_few_images(results),
    )
    return [finding for finding in findings if finding is not None]


def _changes(recipe: Recipe) -> str:
    """Name the random changes of training tiles that help and are not set yet.

    Elastic changes are none of them: they made masks worse (docs/fit.md).
    """
    known = recipe.data.augmentation
    if known.get("flip") and known.get("quarter_turns"):
        return " with masks"
    return " with masks, or set flip and quarter_turns in data.augmentation"


def missing_class(results: Results, recipe: Recipe) -> Finding | None:
    """Report a class of which less than a tenth was found."""
    rows = results.figures["per_class"].items()
    lost = [n for n, r in rows if r["recall"] is not None and r["recall"] < 0.1]
    if not lost:
        return None
    balanced = recipe.data.options.get("balance_classes")
    advice = "Add images that show more of it"
    advice += "." if balanced else ", or set data.options.balance_classes = true."
    return f"Hardly anything of {quoted(lost[0])} was found.", advice


def merged_objects(results: Results, recipe: Recipe) -> Finding | None:
    """Report that objects run together although most pixels are right."""
    rand, error = results.figures["rand_f_score"], results.figures["pixel_error"]
    if rand is None or rand >= 0.9 or error > 0.15:
        return None
    weighed = recipe.data.options.get("border_weight")
    return (
        f"Objects run together or fall apart (Rand F-score {percent(rand)}), although "
        f"{percent(1.0 - error)} of the pixels are right.",
        "Narrow gaps decide: add images with objects that touch"
        + ("." if weighed else ", or set data.options.border_weight = 1."),
    )


def better_threshold(results: Results) -> Finding | None:
    """Report that another threshold would separate objects clearly better."""
    best, rand = results.figures["rand_f_score_best"], results.figures["rand_f_score"]
    if best is None or rand is None or best - rand < 0.02:
        return None
    return (
        f"At a threshold of {results.figures['rand_threshold']:g} on the probability "
        f"of an object the Rand F-score would be {percent(best)}.",
        "The exported model gives this probability as a picture; but the threshold "
        "was chosen on the test images, so check it on others.",
    )


def outlier(results: Results) -> Finding | None:
    """Report an image whose pixel error is over three times the median's."""
    rows = results.evidence.rows
    if len(rows) < 4:
        return None
    errors = np.array([row.pixel_error for row in rows])
    worst, typical = int(errors.argmax()), float(np.median(errors))
    if errors[worst] <= max(3.0 * typical, 0.01):
        return None
    name = rows[worst].path.rpartition("/")[2]
    share = percent(float(errors[worst]))
    return (
        f"{quoted(name)} is far worse than the rest: {share} of its pixels are wrong, "
        f"typically {percent(typical)}.",
        "Check its mask first, then whether it was taken differently.",
    )


def too_few_images(results: Results) -> Finding | None:
    """Report that the test images are too few for their interval to mean much."""
    number = results.figures["examples"]
    if number >= FEW_IMAGES:
        return None
    interval = results.figures["iou_interval"]
    interval_text = f" ({percent_interval(*interval)})" if interval else ""
    return (
        f"{count(number, 'images')} cannot settle how good the model is.",
        f"The interval of the IoU{interval_text} is of these images alone, and too "
        "narrow; judge small changes only with more of them.",
    )
