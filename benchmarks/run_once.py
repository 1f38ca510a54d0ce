"""Runs that a benchmark needs: finished ones are found again, killed ones go on."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfapp import recipes, runs
from tfapp.base.errors import ConfigError
from tfapp.comparison.recipe_groups import same, settings_of
from tfapp.recipes.config import Recipe
from tfapp.runs import Run


def run_once(name: str, overrides: Sequence[str], folder: Path) -> Run:
    """Return the finished run of a recipe, running or resuming it if need be.

    Args:
        name: of a recipe, or its file.
        overrides: KEY=VALUE texts, of which one may be the seed.
        folder: where runs are kept; each is made in a process of its own.
    """
    recipe = recipes.load_recipe(name, overrides)
    known = list(_made(folder, recipe))
    finished = [run for run in known if run.status() == "complete"]
    if finished:
        return finished[0]
    print(f"{recipe.name}: {' '.join(overrides)}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "tfapp", "run"]
    if known:
        command += [str(known[-1].folder), "--resume"]
    else:
        command += [name, *(part for text in overrides for part in ("--set", text))]
    places = [f"--runs={folder}", f"--saved-models={folder / 'saved_models'}"]
    done = subprocess.run(
        [*command, *places, "--json"], stdout=subprocess.PIPE, text=True
    )
    if done.returncode:  # the run has said why
        raise SystemExit("Stopped; the same command goes on from here.")
    return Run(Path(json.loads(done.stdout)["run"]))


def metrics_of(run: Run) -> dict[str, Any]:
    """Return what a finished run has measured."""
    metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
    return dict(metrics)


def _made(folder: Path, recipe: Recipe) -> Iterator[Run]:
    """Yield the runs of this very recipe and seed that are in the folder."""
    wanted = settings_of(recipes.describe(recipe))
    for path in runs.numbered(folder / recipe.name):
        run = Run(path)
        try:
            stored = recipes.load_recipe(str(run.recipe_file))
        except ConfigError:  # killed before it began, or of another version
            continue
        found = settings_of(recipes.describe(stored))
        # A run writes down what "auto" has become.
        chosen = {key: "auto" for key, value in wanted.items() if value == "auto"}
        if same(found | chosen) == same(wanted) and stored.seed == recipe.seed:
            yield run
