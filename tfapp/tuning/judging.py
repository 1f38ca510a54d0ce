"""What the best settings are worth: retrained with several seeds, tested once."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfapp import recipes, runs
from tfapp.base.errors import ConfigError, TrainingError
from tfapp.base.reporter import Reporter
from tfapp.comparison import wording
from tfapp.comparison.compared import Comparison, compare_records
from tfapp.comparison.groups import Group
from tfapp.comparison.record import read_record
from tfapp.recipes.config import Recipe
from tfapp.report.blocks import Block, Paragraph, Table
from tfapp.report.wording import count
from tfapp.runs import Run
from tfapp.tuning.process import TrialProcess
from tfapp.tuning.records import History
from tfapp.tuning.space import Space
from tfapp.tuning.trial import GO, Job

OWN, BEST = "_own", "_best"
"""Added to the recipe's name: runs of the recipe itself, and of the best settings."""
INCIDENTAL = ("name", "description", "runtime", "tuning")
"""Keys of a recipe that do not change what is learned."""


def judge(
    space: Space,
    history: History,
    seeds: int,
    runs_folder: Path,
    saved_models: Path,
    reporter: Reporter,
) -> Comparison:
    """Train the best settings and the recipe itself anew, and compare their tests.

    Both with the same seeds, as complete runs RUNS/NAME_best and RUNS/NAME_own. Runs
    that are there already count; one that was killed goes on.

    Args:
        space: of the search.
        history: of the search.
        seeds: runs of each.
        runs_folder: where runs lie.
        saved_models: where exports go.
        reporter: receives every run.

    Returns:
        The comparison of the two groups, paired by test example.

    Raises:
        ConfigError: if the best trial is the recipe itself.
        TfappError: if a run fails.
    """
    best = history.best
    if best is None or not best.number:
        raise ConfigError(
            "No trial is better than the recipe itself, so there is nothing to judge. "
            "Search on with more --trials, or in another space."
        )
    tuned = space.apply(best.values, space.recipe.seed)
    finished = []
    for number in range(seeds):
        for ending, recipe in ((OWN, space.recipe), (BEST, tuned)):
            name = f"{space.recipe.name}{ending}"
            update = {"name": name, "seed": space.recipe.seed + number}
            seeded = recipe.model_copy(update=update)
            finished.append(_finished(seeded, runs_folder, saved_models, reporter))
    records = [
        read_record(run.folder, recipes.describe(_recipe(run))) for run in finished
    ]
    return compare_records(records)


def _finished(
    recipe: Recipe, root: Path, saved_models: Path, reporter: Reporter
) -> Run:
    """Return the complete run of a recipe; begin it, or go on with it, if need be."""
    alike = [run for run in _runs(root / recipe.name) if _same(_recipe(run), recipe)]
    complete = [run for run in alike if run.status() == "complete"]
    if complete:
        return complete[-1]
    run = alike[-1] if alike else runs.create(root, recipe.name)
    with reporter.stage(f"run {recipe.name}/{run.number}"):
        _run(recipe, run, saved_models)
    return run


def _run(recipe: Recipe, run: Run, saved_models: Path) -> None:
    """Do a run in a process of its own, which has the device to itself.

    Raises:
        TrainingError: with the reason if it fails.
    """
    with tempfile.TemporaryDirectory(prefix="tfapp-") as place:
        job = Job(
            recipe=recipes.to_toml(recipe),
            folder=str(run.folder),
            outcome=str(Path(place) / "outcome.json"),
            rounds=0,
            objective="",
            better="",
            pipe=-1,
            saved_models=str(saved_models),
        )
        process = TrialProcess(job, Path(place) / "log.txt")
        outcome = process.run(lambda score: GO) or {}
    if failure := outcome.get("failure"):
        raise TrainingError(f"{run.folder} failed: {failure}")


def _runs(folder: Path) -> Iterator[Run]:
    for path in runs.numbered(folder):
        run = Run(path)
        if run.recipe_file.is_file() and run.status() != "starting":
            yield run


def _recipe(run: Run) -> Recipe:
    return recipes.load_recipe(str(run.recipe_file))


def _same(one: Recipe, other: Recipe) -> bool:
    """Say whether two recipes learn the same, wherever and however fast."""
    tables: list[dict[str, Any]] = [recipes.describe(one), recipes.describe(other)]
    for table in tables:
        for key in INCIDENTAL:
            table.pop(key, None)
    return tables[0] == tables[1]


def verdict_lines(comparison: Comparison) -> Iterator[str]:
    """Yield what the test split says, in words."""
    metric = comparison.metric
    for group in comparison.groups:
        low, high = group.interval
        yield (
            f"{_role(group)}: {metric.short} {wording.figure(group, metric)} on "
            f"the test split (95 % interval {wording.interval(low, high, metric.unit)};"
            f" {count(len(group.records), 'seeds')})"
        )
    for pair in comparison.pairs:
        tuned = pair.seen_from(_tuned(comparison))
        yield (
            f"difference: {wording.difference(tuned, metric.unit)}, 95 % interval "
            f"{wording.difference_interval(tuned, metric.unit)}: "
            f"{wording.verdict(tuned)}"
        )


def verdict_blocks(comparison: Comparison) -> tuple[Block, ...]:
    """Return what the test split says, for the page."""
    *groups, last = verdict_lines(comparison)
    metric = comparison.metric
    rows = tuple(
        (
            _role(group),
            wording.figure(group, metric),
            wording.interval(*group.interval, metric.unit),
            str(len(group.records)),
        )
        for group in comparison.groups
    )
    header = ("settings", metric.heading, "95 % interval", "seeds")
    return (
        Table(header, rows, "Test figures"),
        Paragraph(last[:1].upper() + last[1:] + "."),
    )


def _tuned(comparison: Comparison) -> int:
    return [_is_tuned(group) for group in comparison.groups].index(True)


def _is_tuned(group: Group) -> bool:
    return group.records[0].folder.parent.name.endswith(BEST)


def _role(group: Group) -> str:
    return "best settings" if _is_tuned(group) else "the recipe itself"
