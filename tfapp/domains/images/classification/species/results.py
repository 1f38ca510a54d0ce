"""How good species are told by the photo alone, and with place and date."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from tfapp.base.intervals import paired_interval
from tfapp.data.spec import Dataset
from tfapp.domains.images.classification.species.dataset import SpeciesDataset
from tfapp.domains.images.classification.species.fitting import Fitted, fit_prior
from tfapp.domains.images.classification.species.prior import (
    SightingsPrior,
    read_prior,
)
from tfapp.problems.classification.baselines import class_baseline, class_baselines
from tfapp.problems.classification.calibration import log_losses
from tfapp.problems.classification.metrics import classification_metrics
from tfapp.problems.classification.results import (
    ClassAnswers,
    accuracy_metric,
    evaluate_classifier,
)
from tfapp.report.blocks import Fact, Section, Table
from tfapp.report.wording import percent
from tfapp.tasks.results import Baseline, Calibration, Results
from tfapp.tasks.spec import Features, Outputs

METRIC = accuracy_metric("photos")
PRIOR = "prior"


@dataclass(frozen=True)
class SpeciesAnswers(ClassAnswers):
    """What is answered for the test split.

    Args:
        alone: float array (examples, num_classes), probabilities by the photo alone.
    """

    alone: np.ndarray


def evaluate_species(
    balanced: bool, outputs: Outputs, dataset: Dataset, calibration: Calibration | None
) -> Results:
    """Judge the answers to the test split, with place and date where they are known.

    Args:
        balanced: whether the network has learned from all classes alike.
        outputs: split → logits, float array (examples, num_classes).
        dataset: a `SpeciesDataset`.
        calibration: "temperature" and perhaps "prior"; None to fit both on the
            validation split.

    Returns:
        results of `evaluate_classifier` for the answers by photo, place and date; among
        the figures "photo_alone", those of the photo alone, and "prior": its strength,
        kernel and gain.
    """
    species = cast(SpeciesDataset, dataset)
    logits = {split: outputs(split) for split in _needed(dataset, calibration)}
    alone = evaluate_classifier(METRIC, logits.__getitem__, dataset, calibration)
    temperature = alone.calibration["temperature"]
    if calibration is None:
        fitted = _fitted(balanced, species, logits, temperature)
    else:
        table = calibration.get(PRIOR)
        fitted = Fitted(read_prior(table) if table else None)
    facts: dict[str, Any] = {PRIOR: fitted.facts()}
    notes = alone.notes
    if fitted.note:
        notes = (*notes, f"the prior is left out: {fitted.note}")
    answers: ClassAnswers = alone.evidence
    if fitted.prior is None:
        evidence = SpeciesAnswers(
            answers.class_names,
            answers.labels,
            answers.logits,
            answers.probabilities,
            alone=answers.probabilities,
        )
        return replace(
            alone, figures=alone.figures | facts, notes=notes, evidence=evidence
        )
    together = {
        split: fitted.prior.combined(
            rows / temperature, species.places_of(dataset.examples[split])
        )
        for split, rows in logits.items()
    }
    both = evaluate_classifier(
        METRIC, together.__getitem__, dataset, {"temperature": 1.0}
    )
    return _joined(both, alone, together, fitted, dataset, notes)


def _joined(
    both: Results,
    alone: Results,
    together: Mapping[str, np.ndarray],
    fitted: Fitted,
    dataset: Dataset,
    notes: tuple[str, ...],
) -> Results:
    """Return the results by photo, place and date, with those by the photo alone."""
    prior = cast(SightingsPrior, fitted.prior)
    answers: ClassAnswers = both.evidence
    labels = answers.labels
    gains = log_losses(_logs(alone.evidence.probabilities), labels) - log_losses(
        together["test"], labels
    )
    interval = paired_interval(gains)
    shown = ("accuracy", "accuracy_interval", "log_loss", "top_5_accuracy")
    figures = {
        **both.figures,
        "ece_before": alone.figures["ece_before"],
        "photo_alone": {k: alone.figures[k] for k in shown if k in alone.figures},
        "log_loss_gain": float(gains.mean()),
        "log_loss_gain_interval": list(interval) if interval else None,
        PRIOR: fitted.facts(),
    }
    if "validation" in alone.figures:
        held_out = dataset.targets(dataset.examples["validation"])
        figures["validation"] = classification_metrics(
            held_out, np.exp(together["validation"]), answers.class_names
        )
    fact = Fact(
        "Photo alone",
        percent(alone.figures["accuracy"]),
        "right without place and date",
    )
    return replace(
        both,
        figures=figures,
        calibration={**alone.calibration, PRIOR: prior.to_json()},
        headline=(*both.headline, fact),
        notes=notes,
        evidence=SpeciesAnswers(
            answers.class_names,
            labels,
            alone.evidence.logits,
            answers.probabilities,
            alone.evidence.probabilities,
        ),
    )


def species_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return the simple classifiers, and the photo alone where there is a prior."""
    simple = class_baselines(results, dataset, features)
    answers: SpeciesAnswers = results.evidence
    if not results.figures[PRIOR]["strength"]:
        return simple
    right = answers.alone.argmax(axis=1) == answers.labels
    return (*simple, class_baseline("the photo alone", right.astype(float), answers))


def prior_sections(results: Results) -> Iterator[Section]:
    """Yield the section on both numbers; nothing without a prior."""
    facts = results.figures[PRIOR]
    if not facts["strength"]:
        return
    figures, alone = results.figures, results.figures["photo_alone"]
    keys = {"accuracy": percent, "top_5_accuracy": percent, "log_loss": "{:.4f}".format}
    titles = {
        "accuracy": "Accuracy",
        "top_5_accuracy": "Top-5 accuracy",
        "log_loss": "Log loss (nats)",
    }
    rows = tuple(
        (titles[key], write(alone[key]), write(figures[key]))
        for key, write in keys.items()
        if key in alone
    )
    header = ("Score", "Photo alone", "Photo, place and date")
    seen = f"{facts['sightings']:,.0f} sightings"
    kernel = f"{facts['kilometres']:g} km and {facts['days']:g} days"
    lead = (
        f"{seen}, smoothed over {kernel}, count with the strength "
        f"{facts['strength']:g} (1 is Bayes' rule): all chosen on validation photos. "
        "No species is ever cut: each keeps a hundredth of its base rate at least. "
        "Answers show both numbers."
    )
    yield Section("Place and date", lead, (Table(header, rows, "Test photos"),))


def _needed(dataset: Dataset, calibration: Calibration | None) -> tuple[str, ...]:
    fits = calibration is None and dataset.examples["validation"]
    return ("test", "validation") if fits else ("test",)


def _fitted(
    balanced: bool,
    species: SpeciesDataset,
    logits: Mapping[str, np.ndarray],
    temperature: float,
) -> Fitted:
    if species.sightings is None:
        return Fitted(None)
    if "validation" not in logits:
        return Fitted(None, note="there is no validation split to choose it on")
    held_out = species.examples["validation"]
    num_classes = species.info.num_outputs
    learned = np.bincount(
        species.targets(species.examples["train"]), minlength=num_classes
    )
    counts = np.ones(num_classes) if balanced else np.maximum(learned, 0.5)
    return fit_prior(
        species.sightings,
        counts / counts.sum(),
        logits["validation"] / temperature,
        species.targets(held_out),
        species.places_of(held_out),
    )


def _logs(chances: np.ndarray) -> np.ndarray:
    logarithms: np.ndarray = np.log(np.maximum(chances, np.finfo(np.float64).tiny))
    return logarithms
