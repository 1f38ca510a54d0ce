"""Simple methods next to the network, and whether it beats them."""

from collections.abc import Sequence

from tfapp.report.blocks import Fact
from tfapp.report.wording import amount, amount_interval, signed_interval
from tfapp.tasks.results import Baseline, PrimaryMetric, Results


def baseline_facts(
    metric: PrimaryMetric, baselines: Sequence[Baseline]
) -> tuple[Fact, ...]:
    """Return each baseline as a fact to show next to the headline."""
    return tuple(
        Fact(f"Baseline {b.name}", amount(b.value, metric.unit), _detail(metric, b))
        for b in baselines
    )


def best_baseline(
    metric: PrimaryMetric, baselines: Sequence[Baseline]
) -> Baseline | None:
    """Return the baseline with the best value, None without one."""
    return max(baselines, key=lambda b: metric.sign * b.value, default=None)


def baseline_verdict(results: Results) -> str:
    """Return a sentence if the network does not beat the best baseline, else "".

    It does not if its figure is no better, or if the interval of the difference on
    the same examples holds 0. Such a difference, either way, may be chance.
    """
    metric = results.metric
    best = best_baseline(metric, results.baselines)
    value = results.figures[metric.key]
    if best is None or value is None:
        return ""
    ours, theirs = amount(value, metric.unit), amount(best.value, metric.unit)
    figures = f"{metric.short} {ours} against {theirs}"
    gained = metric.sign * (value - best.value)
    if gained == 0:
        return f"The network is no better than the baseline {best.name}: {figures}."
    unsure = _may_be_chance(best)
    if best.margin is not None and unsure:
        figures += f", a difference of {signed_interval(*best.margin, metric.unit)}"
    if gained < 0:
        verb = "loses, though not surely," if unsure else "loses"
        return f"The network {verb} to the baseline {best.name}: {figures}."
    better = f"The network is not surely better than the baseline {best.name}"
    return f"{better}: {figures}." if unsure else ""


def surely_loses(results: Results) -> bool:
    """Say whether a baseline is better than the network, and not by chance."""
    metric, value = results.metric, results.figures[results.metric.key]
    best = best_baseline(metric, results.baselines)
    if best is None or value is None:
        return False
    return metric.sign * (value - best.value) < 0 and not _may_be_chance(best)


def _may_be_chance(baseline: Baseline) -> bool:
    """Say whether the interval of the difference from a baseline holds 0."""
    margin = baseline.margin
    return margin is not None and margin[0] <= 0 <= margin[1]


def _detail(metric: PrimaryMetric, baseline: Baseline) -> str:
    parts = [metric.short]
    if baseline.interval is not None:
        interval = amount_interval(*baseline.interval, metric.unit)
        parts.append(f"95 % interval {interval}")
    parts += [
        f"{quantity.short} {amount(baseline.others[quantity.key], quantity.unit)}"
        for quantity in metric.others
        if quantity.key in baseline.others
    ]
    return "; ".join(parts)
