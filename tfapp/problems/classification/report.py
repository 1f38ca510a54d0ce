"""The report of a classifier: what to tell, in which order, in which words."""

from tfapp.domains.images.gallery_sections import mistakes_section, sample_section
from tfapp.problems.classification.report_inputs import ClassificationReportInputs
from tfapp.problems.classification.sections import (
    calibration_section,
    classes_section,
    confusion_section,
    curves_section,
)
from tfapp.problems.classification.verdict import findings
from tfapp.report.blocks import Fact, Items, Report, Section
from tfapp.report.figures import Figures
from tfapp.report.run_sections import (
    data_section,
    reproducibility_section,
    run_headline,
    run_subtitle,
    trained_on,
)
from tfapp.report.wording import percent, percent_interval


def classification_report(inputs: ClassificationReportInputs) -> Report:
    """Return the whole report of a classifier, ready for `write_report`."""
    facts = inputs.facts
    return Report(
        facts.name,
        run_subtitle(facts, len(inputs.class_names)),
        classification_headline(inputs),
        classification_sections(inputs),
    )


def classification_headline(inputs: ClassificationReportInputs) -> tuple[Fact, ...]:
    """Return accuracy with its interval, what was trained on, time and commands."""
    metrics, noun = inputs.metrics, inputs.noun
    low, high = metrics["accuracy_interval"]
    unseen = "unseen" if inputs.split == "test" else inputs.split
    return (
        Fact(
            "Accuracy",
            percent(metrics["accuracy"]),
            f"of {metrics['examples']:,} {unseen} {noun} right; "
            f"95 % interval {percent_interval(low, high)}",
        ),
        trained_on(inputs.examples, noun),
        Fact(
            "Balanced accuracy",
            percent(metrics["balanced_accuracy"]),
            f"mean recall of the classes; macro F1 {percent(metrics['macro_f1'])}",
        ),
        *run_headline(inputs.facts),
    )


def classification_sections(inputs: ClassificationReportInputs) -> tuple[Section, ...]:
    """Return the sections of a classifier's report, those without content left out."""
    lines = [*inputs.check.get("lines", ()), *inputs.notes]
    sections = (
        verdict_section(inputs),
        curves_section(inputs.history),
        confusion_section(inputs),
        classes_section(inputs),
        calibration_section(inputs),
        mistakes_section(inputs),
        *inputs.further,
        sample_section(inputs),
        data_section(inputs.examples, inputs.class_names, lines, inputs.noun),
        reproducibility_section(inputs.facts, inputs.recipe),
    )
    return tuple(section for section in sections if section is not None)


def verdict_section(inputs: ClassificationReportInputs) -> Section:
    """Say in plain words what is worth doing next."""
    figures = Figures(
        inputs.metrics,
        inputs.history,
        inputs.probabilities.max(axis=1),
        inputs.probabilities.argmax(axis=1) == inputs.labels,
        inputs.noun,
    )
    lead = "The figures below, read by simple rules; the most useful first."
    return Section("What to do next", lead, (Items(findings(figures)),))
