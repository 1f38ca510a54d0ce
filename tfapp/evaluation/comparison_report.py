"""The page that shows runs side by side."""

from collections.abc import Sequence

from tfapp.evaluation import comparison_wording as say
from tfapp.evaluation.blocks import (
    Block,
    Fact,
    Items,
    Picture,
    Report,
    Section,
    Table,
)
from tfapp.evaluation.compared import Comparison, Pair
from tfapp.evaluation.comparison_pictures import accuracy_picture, size_picture
from tfapp.evaluation.comparison_sections import (
    missed_section,
    runs_section,
    settings_section,
)
from tfapp.evaluation.run_groups import Group
from tfapp.evaluation.style import to_svg
from tfapp.evaluation.wording import count, duration, percent, shorten

HOW = (
    (
        "Interval of an accuracy:",
        "Wilson's for the test examples; with several runs, joined with Student's t of "
        "their mean, so that it covers other test examples and other seeds.",
    ),
    (
        "Interval of a difference:",
        "20,000 resampled test sets, on each of which both systems are judged, joined "
        "with Welch's t for the seeds.",
    ),
    (
        "Real:",
        "if the two were equal, chance would give a difference as large in under 5 % "
        "of cases. The p-value swaps the systems at random, example by example "
        "(McNemar's test for single runs), and is raised for the number of pairs by "
        "Holm's rule.",
    ),
    (
        "Training examples:",
        "those that weights learned from; validation examples come on top.",
    ),
)


def comparison_report(comparison: Comparison) -> Report:
    """Return a comparison as a page, ready for `write_report`."""
    groups, runs = len(comparison.groups), len(comparison.records)
    recipes = dict.fromkeys(r.folder.parent.name for r in comparison.records)
    sections = (
        _accuracy_section(comparison),
        _curve_section(comparison),
        _pairs_section(comparison),
        settings_section(comparison),
        missed_section(comparison),
        runs_section(comparison),
        Section("How to read this", "What the figures mean.", (Items(HOW),)),
    )
    return Report(
        "Comparison",
        f"{count(runs, 'runs')} in {count(groups, 'groups')}: {', '.join(recipes)}",
        _headline(comparison),
        tuple(section for section in sections if section is not None),
    )


def _headline(comparison: Comparison) -> tuple[Fact, ...]:
    best = comparison.groups[comparison.best]
    figure = best.figure("accuracy")
    facts = [
        Fact(
            "Highest accuracy",
            percent(figure.mean),
            f"{shorten(best.name, 60)}; 95 % interval {say.interval(*best.interval)}",
        ),
    ]
    tested = {len(group.tested) for group in comparison.groups}
    size = f"{max(tested):,}" if len(tested) == 1 else "several sets"
    detail = f"{len(comparison.missed):,} wrong in every run"
    if not comparison.common:
        detail = "none that every run was tested on"
    facts.append(Fact("Test examples", size, detail))
    pairs = [pair for pair in comparison.pairs if pair.real]
    if comparison.pairs:
        facts.append(
            Fact(
                "Real differences",
                f"{len(pairs)} of {len(comparison.pairs)}",
                "pairs of groups that chance does not explain",
            )
        )
    return tuple(facts)


def _accuracy_section(comparison: Comparison) -> Section:
    groups = comparison.groups
    picture = Picture(
        to_svg(accuracy_picture(groups)),
        "Test accuracy by group: "
        + "; ".join(f"{g.name} {percent(g.scores.accuracy)}" for g in groups),
        "Large dots are means, lines 95 % intervals, small rings single runs.",
    )
    header = ("Group", "Runs", "Accuracy", "95 % interval", "To the best", "Verdict")
    rows = tuple(_accuracy_row(i, comparison) for i in range(len(groups)))
    table = Table(header, rows, "Accuracy: mean over the runs ± standard deviation")
    blocks: list[Block] = [picture, table, _figures_table(groups)]
    if comparison.notes:
        blocks.append(Items(tuple(("", note) for note in comparison.notes)))
    return Section("Accuracy", say.conclusion(comparison), tuple(blocks))


def _accuracy_row(index: int, comparison: Comparison) -> tuple[str, ...]:
    group, pair = comparison.groups[index], comparison.to_best(index)
    runs = len(group.records)
    return (
        group.name,
        f"{runs}",
        say.share(group.figure("accuracy"), runs),
        say.interval(*group.interval),
        "–" if pair is None else say.difference(pair),
        "best" if pair is None else say.verdict(pair),
    )


def _figures_table(groups: Sequence[Group]) -> Table:
    header = (
        "Group",
        "Macro F1",
        "Log loss (nats)",
        "Calibration error",
        "Trained on",
        "Parameters",
        "Time per run",
    )
    rows = tuple(_figures_row(group) for group in groups)
    return Table(header, rows, "Other figures and costs, means over the runs")


def _figures_row(group: Group) -> tuple[str, ...]:
    runs = len(group.records)
    return (
        group.name,
        say.share(group.figure("macro_f1"), runs),
        say.number(group.figure("log_loss"), runs),
        say.share(group.figure("expected_calibration_error"), runs),
        f"{group.trained_on:,}",
        say.parameters(group),
        duration(group.figure("seconds").mean),
    )


def _curve_section(comparison: Comparison) -> Section | None:
    if not comparison.lines:
        return None
    groups = comparison.groups
    classes = len(groups[0].records[0].class_names)
    rows = tuple(
        (
            line.name,
            f"{groups[i].trained_on / classes:,.4g}",
            f"{len(groups[i].records)}",
            say.share(groups[i].figure("accuracy"), len(groups[i].records)),
            say.interval(*groups[i].interval),
        )
        for line in comparison.lines
        for i in line.members
    )
    said = "; ".join(f"{name}, {n} per class: {a}" for name, n, _, a, _ in rows)
    picture = Picture(
        to_svg(size_picture(groups, comparison.lines)),
        f"Accuracy by training examples per class: {said}.",
        "The horizontal axis is logarithmic; bars are 95 % intervals, small rings "
        "beside them single runs.",
    )
    header = ("System", "Per class", "Runs", "Accuracy", "95 % interval")
    table = Table(header, rows, "Accuracy by training examples per class")
    lead = "What more training examples are worth to each system."
    return Section("Learning curve", lead, (picture, table))


def _pairs_section(comparison: Comparison) -> Section | None:
    if not comparison.pairs:
        return None
    ordered = sorted(comparison.pairs, key=lambda p: (p.corrected, p.first, p.second))
    rows = tuple(_pair_row(pair, comparison.groups) for pair in ordered)
    header = (
        "Better",
        "Than",
        "Verdict",
        "Difference",
        "95 % interval",
        "p, corrected",
    )
    caption = "Every two groups, the surest difference first"
    real = sum(pair.real for pair in comparison.pairs)
    lead = (
        f"{real} of {len(rows)} real; the rest could be the luck of seeds and test "
        "examples."
    )
    return Section(
        "Which differences are real", lead, (Table(header, rows, caption, 3),)
    )


def _pair_row(pair: Pair, groups: Sequence[Group]) -> tuple[str, ...]:
    better = pair.second if pair.found.difference >= 0 else pair.first
    seen = pair.seen_from(better)
    return (
        groups[seen.second].name,
        groups[seen.first].name,
        say.verdict(seen),
        say.difference(seen),
        say.difference_interval(seen),
        say.probability(seen.corrected),
    )
