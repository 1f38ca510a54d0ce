"""How well an agent plays: returns of whole episodes, next to random play."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfapp.base.intervals import paired_interval
from tfapp.domains.reinforcement.dqn.playing import (
    TEST,
    Episode,
    Evaluator,
    Recording,
    Values,
    seed_of,
)
from tfapp.domains.reinforcement.environments.spec import Environment
from tfapp.report.blocks import Fact, Table
from tfapp.tasks.results import Baseline, PrimaryMetric, Quantity, Results

METRIC = PrimaryMetric(
    "mean_return",
    "Mean return",
    "return",
    others=(Quantity("median_return", "Median return", "median"),),
    examples="episodes",
    labels="actions",
)
RANDOM = "random play"


def evaluation(
    evaluator: Evaluator,
    values: Values,
    environment: Environment,
    episodes: int,
    chance: float,
    progress: Callable[[int, int], Any],
) -> Results:
    """Return the figures of an agent on new episodes, and those of random play on them.

    The episodes are the same ones for every agent of an environment, whatever the seed
    of its training was.

    Args:
        evaluator: plays them.
        values: of the agent.
        environment: that is played.
        episodes: how many.
        chance: share of actions that are drawn by chance.
        progress: is given the episodes done, and all.
    """
    seeds = [seed_of(TEST, number) for number in range(episodes)]
    recording = Recording(environment.actions)
    done = 2 * episodes
    own = evaluator.play(
        values, seeds, chance, recording, lambda n, _: progress(n, done)
    )
    by_chance = evaluator.play(
        None, seeds, 1.0, None, lambda n, _: progress(episodes + n, done)
    )
    return _results(own, by_chance, environment, chance, recording)


def _results(
    own: Sequence[Episode],
    by_chance: Sequence[Episode],
    environment: Environment,
    chance: float,
    recording: Recording,
) -> Results:
    returns, simple = (np.array([e.total for e in es]) for es in (own, by_chance))
    mean, interval = float(returns.mean()), paired_interval(returns)
    figures: dict[str, Any] = {
        "mean_return": mean,
        "mean_return_interval": list(interval) if interval else None,
        "median_return": float(np.median(returns)),
        "lowest_return": float(returns.min()),
        "highest_return": float(returns.max()),
        "random_return": float(simple.mean()),
        "mean_steps": float(np.mean([episode.steps for episode in own])),
        "time_limits": sum(episode.ended != "terminal" for episode in own),
        "episodes": len(own),
        "chance": chance,
        "protocol": [f"{chance:.0%} of the actions by chance", *environment.protocol],
    }
    baseline = Baseline(
        RANDOM,
        float(simple.mean()),
        paired_interval(simple),
        paired_interval(returns - simple),
        {"median_return": float(np.median(simple))},
    )
    return Results(
        metric=METRIC,
        figures=figures,
        calibration={},
        scores=_scores(own, by_chance, environment.info.fingerprint),
        headline=_headline(figures, baseline),
        tables=(_table(own, by_chance, figures, baseline),),
        baselines=(baseline,),
        evidence=recording,
    )


def _scores(own: Sequence[Episode], by_chance: Sequence[Episode], game: str) -> Table:
    """Return the table of episodes; equal keys are the same episodes of a game."""
    rows = tuple(
        (
            f"{game} {episode.number}",
            f"episode {episode.number + 1}",
            f"{episode.total:.9g}",
            str(episode.steps),
            episode.ended,
            f"{simple.total:.9g}",
        )
        for episode, simple in zip(own, by_chance, strict=True)
    )
    header = ("key", "name", "score", "steps", "ended by", "return of random play")
    return Table(header, rows, "Return of every episode", 2)


def _headline(figures: dict[str, Any], baseline: Baseline) -> tuple[Fact, ...]:
    interval = figures["mean_return_interval"]
    reach = f"95 % interval {_reach(interval)}; " if interval else ""
    return (
        Fact(
            "Mean return",
            f"{figures['mean_return']:.4g}",
            f"{reach}{figures['episodes']} episodes",
        ),
        Fact("Random play", f"{baseline.value:.4g}", "on the same episodes"),
        Fact(
            "Range of returns",
            f"{figures['lowest_return']:g} to {figures['highest_return']:g}",
            f"median {figures['median_return']:g}",
        ),
        Fact("Protocol", "; ".join(figures["protocol"])),
    )


def _reach(interval: Sequence[float] | None) -> str:
    """Return an interval in words, "" if a single episode gives none."""
    return f"{interval[0]:.4g} to {interval[1]:.4g}" if interval else ""


def _table(
    own: Sequence[Episode],
    by_chance: Sequence[Episode],
    figures: dict[str, Any],
    baseline: Baseline,
) -> Table:
    """Return what agent and chance reach, and how their episodes end."""
    intervals = (figures["mean_return_interval"], baseline.interval)
    rows = []
    for name, episodes, interval in zip(
        ("agent", RANDOM), (own, by_chance), intervals, strict=True
    ):
        returns = [episode.total for episode in episodes]
        ends = Counter(episode.ended for episode in episodes)
        rows.append(
            (
                name,
                f"{np.mean(returns):.4g}",
                _reach(interval),
                f"{np.median(returns):g}",
                f"{min(returns):g}",
                f"{max(returns):g}",
                f"{np.mean([episode.steps for episode in episodes]):.1f}",
                str(ends["time limit"]),
            )
        )
    header = ("Player", "Mean return", "95 % interval", "Median", "Lowest", "Highest")
    whole = (*header, "Steps", "Time limits")
    return Table(whole, tuple(rows), f"Returns of {len(own)} episodes")
