"""The report of a run: sections that every run has, and those of its task."""

from collections.abc import Mapping, Sequence

from tfapp.data.spec import Example
from tfapp.report.baselines import baseline_facts, baseline_verdict, surely_loses
from tfapp.report.blocks import Items, Report, Section
from tfapp.report.learning_rules import Finding
from tfapp.report.run_sections import (
    RunFacts,
    data_section,
    reproducibility_section,
    run_headline,
    run_subtitle,
    trained_on,
)
from tfapp.report.training_section import training_section
from tfapp.report.wording import count
from tfapp.tasks.results import Results

MOST_FINDINGS = 5
USE_THE_BASELINE = (
    "Use the simple method, unless more data or longer training make the network "
    "better than it."
)
MORE_TESTS = (
    "More test examples would show which of the two is better; until then the simple "
    "method is the cheaper one."
)


def run_report(
    facts: RunFacts,
    results: Results,
    examples: Mapping[str, Sequence[Example]],
    labels: Sequence[str],
    findings: Sequence[Finding],
    sections: Sequence[Section],
) -> Report:
    """Return the whole report of a run, ready for `write_report`.

    Args:
        facts: where, when and with what the run was made.
        results: of the test split.
        examples: of each split.
        labels: names of the outputs, () for numbers.
        findings: of the task, the most useful first.
        sections: of the task.
    """
    noun = results.metric.examples
    first, *others = results.headline
    common = (
        findings_section(results, findings),
        training_section(facts.history),
        *sections,
        data_section(examples, labels, facts.notes, noun, results.metric.labels),
        reproducibility_section(facts),
    )
    return Report(
        facts.name,
        run_subtitle(
            facts, count(len(labels), results.metric.labels) if labels else ""
        ),
        (
            first,
            *baseline_facts(results.metric, results.baselines),
            trained_on(examples, noun),
            *others,
            *run_headline(facts),
        ),
        tuple(section for section in common if section is not None),
    )


def findings_section(results: Results, findings: Sequence[Finding]) -> Section:
    """Say in plain words what is worth doing next.

    Args:
        results: of the test split; a baseline that beats the network comes first.
        findings: the most useful first; five are shown at most.
    """
    sentence = baseline_verdict(results)
    advice = USE_THE_BASELINE if surely_loses(results) else MORE_TESTS
    beaten = [(sentence, advice)] if sentence else []
    shown = tuple([*beaten, *findings][:MOST_FINDINGS]) or (
        (
            "Nothing stands out.",
            f"More {results.metric.examples} are the surest gain.",
        ),
    )
    lead = "The figures below, read by simple rules; the most useful first."
    return Section("What to do next", lead, (Items(shown),))
