"""From data alone to a recipe, by documented rules (docs/fit.md), and then to a run."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfapp import recipes
from tfapp.base import registry
from tfapp.base.errors import ConfigError, UnknownNameError
from tfapp.base.reporter import Reporter
from tfapp.data import check_data
from tfapp.data.place import expand_path
from tfapp.data.report import refuse_damaged
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import NAME_PATTERN, Recipe
from tfapp.recipes.plan import Machine, Plan
from tfapp.runs.candidates import choose
from tfapp.runs.publish import RunResult
from tfapp.verbs.data_config import data_config
from tfapp.verbs.run import run

GENERIC_NAMES = {
    *("train", "training", "test", "testing", "val", "valid", "validation"),
    *("data", "dataset", "images", "img", "labels", "annotations", "metadata"),
    *("table", "tags"),
}
"""Names of files and folders that do not say what is in them."""
ENDINGS = r"\.(csv|tsv|txt|npz|conllu?|iob2?|bio)(\.gz)?$"
"""Of files, which are no part of a name."""
DECIDED = {"task", "data", "model", "fine_tune"}
"""Tables of a recipe: once the user sets a key of one, recipes are not compared."""


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
    overrides: Sequence[str] = (),
    *,
    minutes: float = 0.0,
    name: str = "",
    backbone: str = "",
    epochs: int = 0,
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
) -> RunResult:
    """Look at data, choose everything, and train, evaluate and export.

    Args:
        data: as `data.path`; its kind is recognised and gives the task.
        overrides: texts such as "training.learning_rate=1e-4"; they win over what is
            chosen.
        minutes: budget of the whole run; 0 = as long as the rules take.
        name: of the run and the model; "" = from the data's name.
        backbone: network to begin with, such as "efficientnet_v2_b0"; if its weights
            cannot be had, another is taken, and a note says so. "" = choose one.
        epochs: of the training, or of the head of a pretrained network; 0 = choose.
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
        data,
        overrides,
        minutes=minutes,
        name=name,
        backbone=backbone,
        epochs=epochs,
        reporter=reporter,
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
    overrides: Sequence[str] = (),
    *,
    minutes: float = 0.0,
    name: str = "",
    backbone: str = "",
    epochs: int = 0,
    reporter: Reporter | None = None,
) -> PlannedRecipe:
    """Return the recipe that `fit` would run, and the reasons for it."""
    reporter = reporter or Reporter()
    _require_name(name)
    _require_backbone(backbone)
    settings = recipes.settings(overrides, where="--set")
    config, detected = data_config(settings, data, "fit")
    start_tensorflow(reporter)
    with reporter.stage("look at the data", unit="files") as stage:
        report = check_data(config, progress=stage)
    refuse_damaged(report, config.check.max_bad_share)
    make = registry.load("task", registry.union("PLANS"), detected.task)
    chosen: Plan = make(report, Machine(minutes, backbone, reporter))
    fixed = {
        "name": name or name_of(data),
        "description": f"Chosen by `tfapp fit {data}`.",
        "task": detected.task,
    }

    def recipe_of(table: Mapping[str, Any]) -> Recipe:
        place = {"path": data, "kind": detected.data, **table.get("data", {})}
        whole = {**table, **fixed, "data": place}
        if minutes:
            whole["runtime"] = {"minutes": minutes, **table.get("runtime", {})}
        if epochs:
            whole = _with_epochs(whole, epochs)
        return recipes.build(recipes.overridden(whole, overrides), where="fit")

    recipe = recipe_of(chosen.table)
    _require_effect(backbone, recipe, chosen)
    reasons = (f"task: {detected.task}, because {detected.why}", *chosen.reasons)
    rivals = {a.name: recipe_of(a.table) for a in chosen.alternatives}
    if not rivals or epochs or backbone or DECIDED & set(settings):
        return PlannedRecipe(recipe, reasons, chosen.notes)
    rivals = {chosen.name: recipe, **rivals}
    seconds = chosen.comparing_seconds
    return PlannedRecipe(recipe, reasons, chosen.notes, rivals, seconds)


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


def _require_backbone(backbone: str) -> None:
    """Refuse a network that there is not, before the scan.

    Raises:
        UnknownNameError: with the networks that there are.
    """
    choices = registry.union("MODEL_CHOICES")
    names = {name for key in choices for name in registry.load("", choices, key)}
    if backbone and backbone not in names:
        raise UnknownNameError("backbone", backbone, names)


def _require_effect(backbone: str, recipe: Recipe, chosen: Plan) -> None:
    """Refuse a network that the chosen model does not begin with.

    Raises:
        ConfigError: naming the model.
    """
    used = backbone in recipe.model.options.values()
    if backbone and not used and not chosen.notes:
        raise ConfigError(
            f"--backbone {backbone} has no effect on {recipe.model.name!r}, which "
            "`fit` chooses here. Leave it out, or write a recipe (docs/recipes.md)."
        )


def _with_epochs(table: Mapping[str, Any], epochs: int) -> dict[str, Any]:
    """Return a recipe whose first phase takes so many epochs, each by gradients."""
    if "fine_tune" not in table:
        return recipes.override(table, "training.epochs", epochs)
    table = recipes.override(table, "fine_tune.head.solver", "gradient")
    return recipes.override(table, "fine_tune.head.epochs", epochs)


def name_of(data: str) -> str:
    """Return a run's name for data: the last part of its path that says something.

    `ants/train` is named "ants", `photos/labels.csv` "photos".
    """
    parts = Path(expand_path(data).split(":")[-1]).absolute().parts[:0:-1]
    parts = tuple(re.sub(ENDINGS, "", part) for part in parts)
    told = (part for part in parts if part.casefold() not in GENERIC_NAMES)
    stem = next(told, "")
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_") or "model"
