"""From data alone to a recipe, by documented rules (docs/fit.md), and then to a run."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfapp import recipes
from tfapp.base import registry
from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.data import check_data
from tfapp.data.detection import detect
from tfapp.data.report import refuse_damaged
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import NAME_PATTERN, DataConfig, Recipe
from tfapp.recipes.plan import Machine, Plan
from tfapp.runs.candidates import choose
from tfapp.runs.publish import RunResult
from tfapp.verbs.run import run


@dataclass(frozen=True)
class PlannedRecipe:
    """A recipe, and why it is what it is.

    Args:
        recipe: ready to run.
        reasons: one line per decision.
        notes: lines for the end of the run too, such as weights that are missing.
        rivals: name → recipe, this one first, to be compared by cross-validation; {}
            if there is nothing to compare.
        seconds: that comparing them may take.
    """

    recipe: Recipe
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    rivals: Mapping[str, Recipe] = field(default_factory=dict)
    seconds: float = 0.0

    def best(self, reporter: Reporter) -> "PlannedRecipe":
        """Return the best of the rivals, with a line on each as a reason."""
        if not self.rivals:
            return self
        name, lines = choose(self.rivals, self.seconds, reporter)
        recipe = self.rivals[name]
        described = f"{recipe.description} {'; '.join(lines)}."
        chosen = recipe.model_copy(update={"description": described})
        return PlannedRecipe(chosen, (*self.reasons, *lines), self.notes)


def fit(
    data: str,
    *,
    minutes: float = 0.0,
    name: str = "",
    backbone: str = "",
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
) -> RunResult:
    """Look at data, choose everything, and train, evaluate and export.

    Args:
        data: as `data.path`; its kind is recognised and gives the task.
        minutes: budget of the whole run; 0 = as long as the rules take.
        name: of the run and the model; "" = from the data's name.
        backbone: network to begin with, such as "efficientnet_v2_b0"; if its weights
            cannot be had, another is taken, and a note says so. "" = choose one.
        runs_folder: the run becomes runs_folder/NAME/NUMBER.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        reporter: receives every stage; None for one on stderr.

    Returns:
        As `run`.

    Raises:
        TfappError: for anything a user can fix.
    """
    started = time.monotonic()
    reporter = reporter or Reporter()
    chosen = plan(
        data, minutes=minutes, name=name, backbone=backbone, reporter=reporter
    ).best(reporter)
    for reason in chosen.reasons:
        reporter.say(f"  {reason}")
    reporter.say("\n" + recipes.to_toml(chosen.recipe, defaults=False))
    return run(
        chosen.recipe,
        runs_folder=runs_folder,
        saved_models=saved_models,
        reporter=reporter,
        started=started,
        notes=chosen.notes,
    )


def plan(
    data: str,
    *,
    minutes: float = 0.0,
    name: str = "",
    backbone: str = "",
    reporter: Reporter | None = None,
) -> PlannedRecipe:
    """Return the recipe that `fit` would run, and the reasons for it."""
    reporter = reporter or Reporter()
    detected = detect(data)
    config = DataConfig(path=data, kind=detected.data)
    _require_name(name)
    start_tensorflow(reporter)
    with reporter.stage("look at the data", unit="files") as stage:
        report = check_data(config, progress=stage)
    refuse_damaged(report, config.check.max_bad_share)
    plans = registry.union("PLANS")
    machine = Machine(minutes, backbone, reporter)
    chosen: Plan = registry.load("task", plans, detected.task)(report, machine)
    title = name or name_of(data)

    def recipe_of(table: Mapping[str, Any]) -> Recipe:
        whole = {
            **table,
            "name": title,
            "description": f"Chosen by `tfapp fit {data}`.",
            "task": detected.task,
            "data": {"path": data, "kind": detected.data, **table.get("data", {})},
        }
        if minutes:
            whole["runtime"] = {"minutes": minutes, **table.get("runtime", {})}
        return recipes.build(whole, where="fit")

    first = recipe_of(chosen.table)
    others = {a.name: recipe_of(a.table) for a in chosen.alternatives}
    rivals = {chosen.name: first, **others} if others else {}
    reasons = (f"task: {detected.task}, because {detected.why}", *chosen.reasons)
    seconds = chosen.comparing_seconds
    return PlannedRecipe(first, reasons, chosen.notes, rivals, seconds)


def _require_name(name: str) -> None:
    """Refuse a bad name before the scan.

    Raises:
        ConfigError: with the characters that names may have.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise ConfigError(
            f"--name {name!r} cannot be the name of a run and a model. Expected "
            "letters, digits, dots, underscores and hyphens."
        )


def name_of(data: str) -> str:
    """Return a run's name for data: the last part of its path, made plain."""
    stem = Path(data.rstrip("/")).name.split(":")[-1]
    stem = re.sub(r"\.(csv|npz)$", "", stem)
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_") or "model"
