"""The page that shows runs side by side."""

from collections.abc import Sequence

from tfapp.comparison import wording
from tfapp.comparison.charts import score_picture, size_picture
from tfapp.comparison.compared import Comparison
from tfapp.comparison.groups import Group, has_interval
from tfapp.comparison.missed import Preview, missed_section, missed_title
from tfapp.comparison.sections import (
    how_to_read,
    pairs_section,
    runs_section,
    settings_section,
)
from tfapp.report.baselines import baseline_facts
from tfapp.report.blocks import Block, Fact, Items, Picture, Report, Section, Table
from tfapp.report.style import to_svg
from tfapp.report.wording import amount, count, duration, shorten
from tfapp.tasks.results import Quantity

COSTS = ("Trained on", "Parameters", "Time per run")


def comparison_report(comparison: Comparison, preview: Preview | None = None) -> Report:
    """Return a comparison as a page, ready for `write_report`.

    Args:
        comparison: of runs.
        preview: shows an example whose file is here; None if nothing can.
    """
    how = how_to_read(comparison.metric)
    groups, runs = len(comparison.groups), len(comparison.records)
    recipes = dict.fromkeys(r.folder.parent.name for r in comparison.records)
    sections = (
        _score_section(comparison),
        _curve_section(comparison),
        pairs_section(comparison),
        settings_section(comparison),
        _missed(comparison, preview),
        runs_section(comparison),
        Section("How to read this", "What the figures mean.", (how,)),
    )
    return Report(
        "Comparison",
        f"{count(runs, 'runs')} in {count(groups, 'groups')}: {', '.join(recipes)}",
        _headline(comparison),
        tuple(section for section in sections if section is not None),
    )


def _headline(comparison: Comparison) -> tuple[Fact, ...]:
    best = comparison.groups[comparison.best]
    metric = comparison.metric
    interval = wording.interval(*best.interval, metric.unit)
    facts = [
        Fact(
            f"{metric.superlative.capitalize()} {metric.short}",
            amount(best.scores.mean, metric.unit),
            f"{shorten(best.name, 60)}; 95 % interval {interval}",
        ),
        *baseline_facts(metric, comparison.baselines),
    ]
    tested = {len(group.tested) for group in comparison.groups}
    size = f"{max(tested):,}" if len(tested) == 1 else "several sets"
    detail = f"{len(comparison.missed):,} {missed_title(metric).lower()}"
    if not comparison.common:
        detail = "none that every run was tested on"
    facts.append(Fact(f"Test {metric.examples}", size, detail))
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
    groups, metric = comparison.groups, comparison.metric
    means = [f"{g.name} {amount(g.scores.mean, metric.unit)}" for g in groups]
    dotted = " Dotted lines are baselines." if comparison.baselines else ""
    picture = Picture(
        to_svg(score_picture(groups, comparison.baselines)),
        f"Test {metric.short} by group: {'; '.join(means)}",
        f"Large dots are means, lines 95 % intervals, small rings single runs.{dotted}",
    )
    title = metric.heading
    header = ("Group", "Runs", title, "95 % interval", "To the best", "Verdict")
    rows = tuple(_score_row(i, comparison) for i in range(len(groups)))
    caption = f"{metric.title}: mean over the runs ± standard deviation"
    table = Table(header, rows, caption)
    baselines = _baselines_tables(comparison)
    blocks: list[Block] = [picture, table, *baselines, *_figures_tables(groups)]
    if comparison.notes:
        blocks.append(Items(tuple(("", note) for note in comparison.notes)))
    return Section(metric.title, wording.conclusion(comparison), tuple(blocks))


def _score_row(index: int, comparison: Comparison) -> tuple[str, ...]:
    group, pair = comparison.groups[index], comparison.to_best(index)
    runs = len(group.records)
    return (
        group.name,
        f"{runs}",
        wording.figure(group, group.metric),
        wording.interval(*group.interval, group.metric.unit),
        "–" if pair is None else wording.difference(pair, group.metric.unit),
        "best" if pair is None else wording.verdict(pair),
    )


def _figures_tables(groups: Sequence[Group]) -> tuple[Table, ...]:
    """Return other figures and costs, apart where intervals make the table wide."""
    columns = [(q, has_interval(groups, q)) for q in groups[0].metric.others]
    titles = [title for column in columns for title in _titles(*column)]
    figures = [
        [text for column in columns for text in _figure_texts(group, *column)]
        for group in groups
    ]
    costs = [_costs(group) for group in groups]
    if not any(interval for _, interval in columns):
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
    return [f"{group.trained_on:,}", wording.parameters(group), seconds]


def _titles(quantity: Quantity, has_interval: bool) -> list[str]:
    return [quantity.heading, *(["95 % interval"] if has_interval else [])]


def _figure_texts(group: Group, quantity: Quantity, has_interval: bool) -> list[str]:
    texts = [wording.figure(group, quantity)]
    if has_interval:
        interval = group.interval_of(quantity)
        texts.append(wording.interval(*interval, quantity.unit) if interval else "n/a")
    return texts


def _baselines_tables(comparison: Comparison) -> tuple[Table, ...]:
    """Return the baselines as a table, () without any."""
    metric, baselines = comparison.metric, comparison.baselines
    others = [q for q in metric.others if any(q.key in b.others for b in baselines)]
    rows = tuple(
        (
            baseline.name,
            amount(baseline.value, metric.unit),
            wording.interval(*baseline.interval, metric.unit)
            if baseline.interval
            else "",
            *(amount(baseline.others.get(q.key), q.unit) for q in others),
        )
        for baseline in baselines
    )
    further = (quantity.heading for quantity in others)
    header = ("Baseline", metric.heading, "95 % interval", *further)
    caption = "Baselines: simple methods on the same test set"
    return (Table(header, rows, caption),) if rows else ()


def _missed(comparison: Comparison, preview: Preview | None) -> Section | None:
    """Show the test examples that all missed, if there are several runs."""
    missed, common = comparison.missed, comparison.common
    if not missed or len(comparison.records) < 2:
        return None
    return missed_section(missed, comparison.metric, common, preview)


def _curve_section(comparison: Comparison) -> Section | None:
    if not comparison.lines:
        return None
    groups, metric = comparison.groups, comparison.metric
    rows = tuple(
        (
            line.name,
            wording.size(groups[i]),
            f"{len(groups[i].records)}",
            wording.figure(groups[i], metric),
            wording.interval(*groups[i].interval, metric.unit),
        )
        for line in comparison.lines
        for i in line.members
    )
    counted = wording.counted(groups[0])
    curves_text = "; ".join(f"{name}, {n} {counted}: {a}" for name, n, _, a, _ in rows)
    title = f"{metric.title} by {wording.size_title(groups[0]).lower()}"
    picture = Picture(
        to_svg(size_picture(groups, comparison.lines)),
        f"{title}: {curves_text}.",
        "The horizontal axis is logarithmic; bars are 95 % intervals, small rings "
        "next to them single runs.",
    )
    names = ("System", counted.capitalize(), "Runs", metric.heading, "95 % interval")
    table = Table(names, rows, title)
    lead = f"What more training {metric.examples} are worth to each system."
    return Section("Learning curve", lead, (picture, table))
