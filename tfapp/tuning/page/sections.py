"""The page on a search."""

from collections.abc import Sequence

from tfapp.report.blocks import Block, Fact, Paragraph, Report, Section, Table
from tfapp.report.wording import count, duration
from tfapp.tuning.page.charts import (
    importance_picture,
    parallel_picture,
    score_picture,
)
from tfapp.tuning.page.importance import LEAST_TRIALS, explain
from tfapp.tuning.page.wording import OPTIMISM, setting, shown
from tfapp.tuning.records import FAILED, History, TrialRecord
from tfapp.tuning.space import Space

LITTLE = 0.1
"""Share of the order of unseen trials; below it the forest explains nothing."""


def tuning_report(
    space: Space, history: History, tuner: str, judged: Sequence[Block] = ()
) -> Report:
    """Return the page on a search.

    Args:
        space: what could change.
        history: all trials.
        tuner: name of what proposed the settings.
        judged: what the test split says of the best settings, () if nobody asked.
    """
    sections = [_settings(space, history)] if history.best else []
    if judged:
        lead = "The best settings and the recipe itself, retrained and tested once."
        sections.append(Section("On the test split", lead, tuple(judged)))
    if history.ranking:
        sections.append(_mattered(space, history))
        sections.append(_course(space, history))
    sections.append(_trials(history))
    return Report(
        title=f"Tuning of {space.recipe.name}",
        subtitle=f"{count(len(history.trials), 'trials')}, proposed by the {tuner} "
        "search; judged on validation data.",
        headline=tuple(_facts(history)),
        sections=tuple(sections),
    )


def _facts(history: History) -> list[Fact]:
    facts = []
    best, own = history.best, history.own
    if best is not None and best.value is not None:
        detail = f"trial {best.number}; validation data"
        facts.append(Fact(f"Best {best.monitor}", f"{best.value:.5g}", detail))
    if own is not None and own.value is not None:
        detail = "trial 0; validation data"
        facts.append(Fact("The recipe itself", f"{own.value:.5g}", detail))
    seconds = sum(trial.seconds for trial in history.trials)
    failed = history.count(FAILED)
    facts.append(
        Fact(
            "Trials",
            str(len(history.ended)),
            f"{duration(seconds)} of training; {failed} failed",
        )
    )
    return facts


def _settings(space: Space, history: History) -> Section:
    best = history.best
    if best is None:
        raise ValueError("A search without a score has no best settings.")
    own = space.own_values()
    rows = tuple(
        (
            key,
            setting(own[key]) if key in own else "the default",
            setting((best.values if best.number else own).get(key, "not used")),
        )
        for key in space.dimensions
    )
    table = Table(("setting", "the recipe", "the best trial"), rows, "Best settings", 3)
    blocks: list[Block] = [table]
    if len(history.ranking) > 1:
        blocks.append(Paragraph(OPTIMISM.format(count=len(history.ranking))))
    lead = (
        "Nothing was better than the recipe itself."
        if not best.number
        else "The file best.toml in this folder is the recipe with these settings."
    )
    return Section("Best settings", lead, tuple(blocks))


def _mattered(space: Space, history: History) -> Section:
    explanation = explain(history, space.dimensions)
    if not explanation.importances:
        lead = (
            f"{count(explanation.trials, 'trials')} are too few to say; it takes "
            f"{LEAST_TRIALS}."
        )
        return Section("What mattered", lead)
    if explanation.explained < LITTLE:
        lead = (
            "These trials do not show that any setting mattered: a forest that learned "
            "from some of them does not foresee the order of the others."
        )
    else:
        lead = (
            f"The settings foresee {explanation.explained:.0%} of the order of trials "
            "that a forest has not seen."
        )
    picture = importance_picture(explanation.importances)
    return Section("What mattered", lead, (picture,))


def _course(space: Space, history: History) -> Section:
    return Section(
        "The course of the search",
        "Every trial by its score and by its settings.",
        (score_picture(history), parallel_picture(history, space.dimensions)),
    )


def _trials(history: History) -> Section:
    rows = tuple(_row(trial) for trial in history.trials)
    header = ("trial", "status", "settings", "score", "rounds", "time")
    table = Table(header, rows, "All trials", 3)
    failed = [t for t in history.trials if t.status == FAILED]
    blocks: list[Block] = [table]
    if failed:
        reasons = tuple((f"trial {t.number}", t.failure) for t in failed)
        blocks.append(Table(("trial", "why it failed"), reasons, "Failures", 2))
    return Section("Trials", "In the order of their numbers.", tuple(blocks))


def _row(trial: TrialRecord) -> tuple[str, ...]:
    after = "" if trial.earlier is None else f", goes on from trial {trial.earlier}"
    return (
        str(trial.number),
        f"{trial.status}{after}",
        shown(trial.values) if trial.number else "the recipe itself",
        "" if trial.value is None else f"{trial.value:.5g}",
        str(trial.rounds or ""),
        duration(trial.seconds) if trial.seconds else "",
    )
