"""The page of an agent: how it plays, how it learned, and how it was judged."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.domains.reinforcement.dqn.playing import Recording
from tfapp.domains.reinforcement.dqn.strip import FILM, strip
from tfapp.report.blocks import (
    Block,
    Columns,
    Gallery,
    Picture,
    Report,
    Section,
    Tile,
)
from tfapp.report.curves import learning_curves
from tfapp.report.run_sections import (
    RunFacts,
    reproducibility_section,
    run_headline,
    run_subtitle,
)
from tfapp.report.style import PALETTE, look, new_figure, to_svg
from tfapp.tasks.results import Results

LARGEST_FILM = 2_000_000
"""Bytes of a film that the page holds; a larger one is a file next to it."""
QUANTITIES = {
    "return": "Mean return of training's episodes, and of those that judge a round "
    "(validation).",
    "q": "Mean of the largest value of fixed observations; above what returns allow, "
    "values diverge.",
    "loss": "Mean clipped loss of a round's updates.",
    "steps_per_second": "Steps with their updates in a second.",
}
"""Figure of a round → how its curve is read."""


def agent_report(facts: RunFacts, results: Results, film: Path) -> Report:
    """Return the whole page of a run.

    Args:
        facts: where, when and with what it was made.
        results: of the evaluation.
        film: file of its first episode.
    """
    sections = (
        *evaluation_sections(results, film),
        *_training(facts.history, results.evidence.names),
        reproducibility_section(facts),
    )
    headline = (*results.headline, *run_headline(facts))
    return Report(facts.name, run_subtitle(facts, ""), headline, sections)


def evaluation_sections(results: Results, film: Path) -> tuple[Section, ...]:
    """Return how an agent plays, and what it reaches; a small film is on the page."""
    recording: Recording = results.evidence
    moving: tuple[Block, ...] = ()
    if film.stat().st_size <= LARGEST_FILM:
        moving = (
            Gallery("", (Tile(film.read_bytes(), "image/webp", "the film"),), True),
        )
    play = Section(
        "Play",
        f"The first episode of the evaluation, whole in {FILM}. Q is the return that "
        "the network expects of each action, with rewards as training clips and scales "
        "them, each step later counting less.",
        (*moving, strip(recording)),
    )
    lead = f"Episodes that were never played before: {_protocol(results.figures)}."
    return play, Section("Evaluation", lead, (*results.tables, _histogram(results)))


def _protocol(figures: Mapping[str, Any]) -> str:
    return "; ".join(figures["protocol"])


def _histogram(results: Results) -> Picture:
    """Draw how the returns of agent and chance are distributed."""
    rows = results.scores.rows
    returns = [np.array([float(row[i]) for row in rows]) for i in (2, 5)]
    edges = np.histogram_bin_edges(np.concatenate(returns), 24)
    with look():
        figure = new_figure(5.0, 2.8)
        axes = figure.subplots()
        for values, name, colour in zip(
            returns, ("Agent", "Random play"), ("accent", "muted"), strict=True
        ):
            axes.hist(
                list(values), list(edges), color=PALETTE[colour], alpha=0.7, label=name
            )
        axes.set(xlabel="Return of an episode", ylabel="Episodes")
        figure.legend(loc="outside lower left", ncols=2)
    alt = f"Mean return {results.figures['mean_return']:.4g}"
    return Picture(to_svg(figure), f"Returns of the episodes. {alt}.")


def _training(history: Any, actions: Sequence[str]) -> tuple[Section, ...]:
    """Return the curves of a training, () if no round of it ended."""
    phases = [phase for phase in history if phase["epochs"]]
    if not phases:
        return ()
    blocks: list[Block] = [_curves(phases, name) for name in QUANTITIES]
    blocks.append(_shares(phases, actions))
    pairs = tuple(Columns(tuple(blocks[i : i + 2])) for i in range(0, len(blocks), 2))  # type: ignore[arg-type]
    lead = "What each round of the training was like; the best round's weights stay."
    return (Section("Training", lead, pairs),)


def _curves(phases: Any, name: str) -> Picture:
    figure = learning_curves(phases, name)
    for axes in figure.axes:
        axes.set_xlabel("Round")
    return Picture(to_svg(figure), f"{name} by round", QUANTITIES[name])


def _shares(phases: Any, actions: Sequence[str]) -> Picture:
    """Draw how often the network chose each action, round by round."""
    rounds = phases[-1]["epochs"]
    shares = [[row.get(f"share_{name}", 0.0) for row in rounds] for name in actions]
    with look():
        figure = new_figure(4.7, 3.1)
        axes = figure.subplots()
        axes.stackplot(range(1, len(rounds) + 1), shares, labels=actions)
        axes.set(xlabel="Round", ylabel="Share of the steps", ylim=(0, 1))
        figure.legend(loc="outside lower left", ncols=3)
    caption = "Which actions the network chose; one that takes all is an early warning."
    return Picture(to_svg(figure), "Shares of the actions by round", caption)
