"""The page that shows runs side by side."""

from collections.abc import Sequence

from tfapp.comparison import wording as say
from tfapp.comparison.charts import score_picture, size_picture
from tfapp.comparison.compared import Comparison, Pair
from tfapp.comparison.compared_task import ComparedTask, Quantity
from tfapp.comparison.groups import Group
from tfapp.comparison.sections import missed_section, runs_section, settings_section
from tfapp.report.blocks import Block, Fact, Items, Picture, Report, Section, Table
from tfapp.report.style import to_svg
from tfapp.report.wording import count, duration, percent, shorten

COSTS = ("Trained on", "Parameters", "Time per run")


def comparison_report(comparison: Comparison) -> Report:
    """Return a comparison as a page, ready for `write_report`."""
    groups, runs = len(comparison.groups), len(comparison.records)
    recipes = dict.fromkeys(r.folder.parent.name for r in comparison.records)
    sections = (
        _score_section(comparison),
        _curve_section(comparison),
        _pairs_section(comparison),
        settings_section(comparison),
        missed_section(comparison),
        runs_section(comparison),
        Section("How to read this", "What the figures mean.", (_how(comparison.task),)),
    )
    return Report(
        "Comparison",
        f"{count(runs, 'runs')} in {count(groups, 'groups')}: {', '.join(recipes)}",
        _headline(comparison),
        tuple(section for section in sections if section is not None),
    )


def _how(task: ComparedTask) -> Items:
    counted = (
        f"Training {task.examples}:",
        f"those that weights learned from; validation {task.examples} come on top.",
    )
    return Items((*task.how, counted))


def _headline(comparison: Comparison) -> tuple[Fact, ...]:
    best = comparison.groups[comparison.best]
    task = comparison.task
    facts = [
        Fact(
            f"{task.superlative.capitalize()} {task.score.short}",
            percent(best.scores.mean),
            f"{shorten(best.name, 60)}; 95 % interval {say.interval(*best.interval)}",
        ),
    ]
    tested = {len(group.tested) for group in comparison.groups}
    size = f"{max(tested):,}" if len(tested) == 1 else "several sets"
    detail = f"{len(comparison.missed):,} {task.missed_title.lower()}"
    if not comparison.common:
        detail = "none that every run was tested on"
    facts.append(Fact(f"Test {task.examples}", size, detail))
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


def _score_section(comparison: Comparison) -> Section:
    groups, score = comparison.groups, comparison.task.score
    picture = Picture(
        to_svg(score_picture(groups)),
        f"Test {score.short} by group: "
        + "; ".join(f"{g.name} {percent(g.scores.mean)}" for g in groups),
        "Large dots are means, lines 95 % intervals, small rings single runs.",
    )
    header = ("Group", "Runs", score.title, "95 % interval", "To the best", "Verdict")
    rows = tuple(_score_row(i, comparison) for i in range(len(groups)))
    caption = f"{score.title}: mean over the runs ± standard deviation"
    table = Table(header, rows, caption)
    blocks: list[Block] = [picture, table, *_figures_tables(groups)]
    if comparison.notes:
        blocks.append(Items(tuple(("", note) for note in comparison.notes)))
    return Section(score.title, say.conclusion(comparison), tuple(blocks))


def _score_row(index: int, comparison: Comparison) -> tuple[str, ...]:
    group, pair = comparison.groups[index], comparison.to_best(index)
    runs = len(group.records)
    return (
        group.name,
        f"{runs}",
        say.figure(group, comparison.task.score),
        say.interval(*group.interval),
        "–" if pair is None else say.difference(pair),
        "best" if pair is None else say.verdict(pair),
    )


def _figures_tables(groups: Sequence[Group]) -> tuple[Table, ...]:
    """Return other figures and costs, apart where intervals make the table wide."""
    others = groups[0].task.others
    titles = [title for quantity in others for title in _titles(quantity)]
    figures = [
        [text for quantity in others for text in _figure_texts(group, quantity)]
        for group in groups
    ]
    costs = [_costs(group) for group in groups]
    if not any(quantity.interval for quantity in others):
        both = [ours + theirs for ours, theirs in zip(figures, costs, strict=True)]
        caption = "Other figures and costs, means over the runs"
        return (_table(groups, [*titles, *COSTS], both, caption),)
    return (
        _table(groups, titles, figures, "Other figures, means over the runs"),
        _table(groups, COSTS, costs, "Costs, means over the runs"),
    )


def _table(
    groups: Sequence[Group],
    titles: Sequence[str],
    cells: Sequence[Sequence[str]],
    caption: str,
) -> Table:
    rows = tuple((g.name, *row) for g, row in zip(groups, cells, strict=True))
    return Table(("Group", *titles), rows, caption)


def _costs(group: Group) -> list[str]:
    seconds = duration(group.figure("seconds").mean)
    return [f"{group.trained_on:,}", say.parameters(group), seconds]


def _titles(quantity: Quantity) -> list[str]:
    return [quantity.title, *(["95 % interval"] if quantity.interval else [])]


def _figure_texts(group: Group, quantity: Quantity) -> list[str]:
    told = [say.figure(group, quantity)]
    if quantity.interval:
        found = group.interval_of(quantity.key)
        told.append(say.interval(*found) if found else "n/a")
    return told


def _curve_section(comparison: Comparison) -> Section | None:
    if not comparison.lines:
        return None
    groups, task = comparison.groups, comparison.task
    rows = tuple(
        (
            line.name,
            say.size(groups[i]),
            f"{len(groups[i].records)}",
            say.figure(groups[i], task.score),
            say.interval(*groups[i].interval),
        )
        for line in comparison.lines
        for i in line.members
    )
    counted = "per class" if task.per_class else task.examples
    said = "; ".join(f"{name}, {n} {counted}: {a}" for name, n, _, a, _ in rows)
    title = f"{task.score.title} by {say.size_title(task).lower()}"
    picture = Picture(
        to_svg(size_picture(groups, comparison.lines)),
        f"{title}: {said}.",
        "The horizontal axis is logarithmic; bars are 95 % intervals, small rings "
        "beside them single runs.",
    )
    names = ("System", counted.capitalize(), "Runs", task.score.title, "95 % interval")
    table = Table(names, rows, title)
    lead = f"What more training {task.examples} are worth to each system."
    return Section("Learning curve", lead, (picture, table))


def _pairs_section(comparison: Comparison) -> Section | None:
    if not comparison.pairs:
        return None
    ordered = sorted(comparison.pairs, key=lambda p: (p.corrected, p.first, p.second))
    rows = tuple(_pair_row(pair, comparison) for pair in ordered)
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
        f"{comparison.task.examples}."
    )
    return Section(
        "Which differences are real", lead, (Table(header, rows, caption, 3),)
    )


def _pair_row(pair: Pair, comparison: Comparison) -> tuple[str, ...]:
    groups, gain = comparison.groups, comparison.task.sign * pair.found.difference
    better = pair.second if gain >= 0 else pair.first
    seen = pair.seen_from(better)
    return (
        groups[seen.second].name,
        groups[seen.first].name,
        say.verdict(seen),
        say.difference(seen),
        say.difference_interval(seen),
        say.probability(seen.corrected),
    )
