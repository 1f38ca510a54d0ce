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
    unsure = False
    if best.margin is not None and best.margin[0] <= 0 <= best.margin[1]:
        unsure = True
        figures += f", a difference of {signed_interval(*best.margin, metric.unit)}"
    if gained < 0:
        verb = "loses, though not surely," if unsure else "loses"
        return f"The network {verb} to the baseline {best.name}: {figures}."
    better = f"The network is not surely better than the baseline {best.name}"
    return f"{better}: {figures}." if unsure else ""


def loses(results: Results) -> bool:
    """Say whether a baseline has a better figure than the network."""
    metric, value = results.metric, results.figures[results.metric.key]
    best = best_baseline(metric, results.baselines)
    known = best is not None and value is not None
    return known and metric.sign * (value - best.value) < 0  # type: ignore[union-attr]


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
