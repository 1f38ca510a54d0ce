"""Simple methods next to the network, and whether it beats them."""

from collections.abc import Sequence

from tfapp.report.blocks import Fact
from tfapp.report.wording import amount, amount_interval
from tfapp.tasks.results import Baseline, PrimaryMetric, Results


def baseline_facts(results: Results) -> tuple[Fact, ...]:
    """Return each baseline as a fact to show next to the headline."""
    metric = results.metric
    return tuple(
        Fact(f"Baseline {b.name}", amount(b.value, metric.unit), _detail(metric, b))
        for b in results.baselines
    )


def best_baseline(
    metric: PrimaryMetric, baselines: Sequence[Baseline]
) -> Baseline | None:
    """Return the baseline with the best value, None without one."""
    return max(baselines, key=lambda b: metric.sign * b.value, default=None)


def lost_to(results: Results) -> str:
    """Return a sentence on the best baseline if the network loses to it, else ""."""
    metric = results.metric
    best = best_baseline(metric, results.baselines)
    value = results.figures[metric.key]
    if best is None or value is None or metric.sign * (value - best.value) >= 0:
        return ""
    return (
        f"The network loses to the baseline {best.name}: {metric.short} "
        f"{amount(value, metric.unit)} against {amount(best.value, metric.unit)}."
    )


def _detail(metric: PrimaryMetric, baseline: Baseline) -> str:
    if baseline.interval is None:
        return metric.short
    return (
        f"{metric.short}; 95 % interval "
        f"{amount_interval(*baseline.interval, metric.unit)}"
    )
