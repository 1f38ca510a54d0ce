"""Recipes compared by cross-validation on stored features, before one of them runs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tfapp.base.cache_dir import default_cache_dir
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.recipes.config import Recipe
from tfapp.report.wording import NO_BREAK, percent
from tfapp.tasks.build import build_model


@dataclass(frozen=True)
class Candidate:
    """How good a recipe's exact head is on examples that it has not seen.

    Args:
        name: of the recipe among its rivals.
        losses: float array (training and validation examples,), in nats.
        right: float array of the same examples, how right each answer is.
    """

    name: str
    losses: np.ndarray
    right: np.ndarray

    def beats(self, other: "Candidate") -> bool:
        """Say whether the log loss is lower by more than its standard error."""
        gained = other.losses - self.losses
        error = gained.std(ddof=1) / np.sqrt(len(gained))
        return bool(gained.mean() > error)

    def line(self) -> str:
        """Return name, accuracy and log loss in a few words."""
        accuracy = percent(float(self.right.mean())).replace(NO_BREAK, " ")
        return f"{self.name}: {accuracy}, log loss {self.losses.mean():.3f}"


def choose(
    recipes: Mapping[str, Recipe], seconds: float, reporter: Reporter
) -> tuple[str, tuple[str, ...]]:
    """Return the name of the best recipe, and a line on every one.

    The first one stays unless another is surely better. What is computed stays in the
    cache: the run, or another try, need not compute it again.

    Args:
        recipes: name → recipe with an exact head, the rules' choice first.
        seconds: that the others may take together; one is left out if it would exceed
            them at the pace of the one before.
        reporter: receives a stage for each.
    """
    candidates: list[Candidate] = []
    pace, lines = 0.0, []
    for name, recipe in recipes.items():
        if pace > seconds:
            lines.append(f"not compared for lack of time: {name}")
            continue
        began = time.monotonic()
        candidates.append(_judged(name, recipe, reporter))
        pace = time.monotonic() - began
        if len(candidates) > 1:  # the features of the first are needed anyway
            seconds -= pace
    best, *others = candidates
    for candidate in others:
        best = candidate if candidate.beats(best) else best
    compared = [f"cross-validated {c.line()}" for c in candidates]
    return best.name, (*compared, *lines, f"chosen: {best.name}")


def _judged(name: str, recipe: Recipe, reporter: Reporter) -> Candidate:
    from tfapp.training.transfer.exact_head import ExactHead, HeadData, labels_of
    from tfapp.training.transfer.features import FeatureStore, standardize
    from tfapp.training.transfer.folds import units_of_learned
    from tfapp.training.transfer.freezing import freeze, parts

    dataset = load_dataset(recipe.data, seed=recipe.seed)
    with reporter.stage(f"try {name}", unit="inputs") as stage:
        extractor, head = parts(build_model(recipe.model, dataset.info))
        freeze(extractor)
        cache = default_cache_dir() / "features"
        store = FeatureStore(extractor, dataset, cache, stage)
        train = store.plain("train")[:]
        labels, held_labels = (labels_of(dataset, s) for s in ("train", "validation"))
        held_out = store.plain("validation")[:] if len(held_labels) else train[:0]
        standardize(head, train)
        units = units_of_learned(dataset)
        data = HeadData([train], labels, held_out, held_labels, units=units)
        losses, right = ExactHead(head, data, everything=True).cross_validated()
        candidate = Candidate(name, losses, right)
        stage.detail = candidate.line().partition(": ")[2]
    return candidate
