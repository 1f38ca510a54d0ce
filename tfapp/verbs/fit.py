"""From data alone to a recipe, by documented rules (docs/fit.md), and then to a run."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp import recipes
from tfapp.base.errors import DataError
from tfapp.base.reporter import Reporter
from tfapp.data import check_data, kind_of
from tfapp.data.report import CheckReport
from tfapp.domains.images.classification.budget import fit_into_budget
from tfapp.domains.images.classification.plan import (
    choose_model,
    choose_training,
    describe,
)
from tfapp.domains.images.segmentation.plan import choose_for_masks, describe_masks
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import DataConfig, Recipe
from tfapp.runs.supervised import RunResult
from tfapp.verbs.run import run


@dataclass(frozen=True)
class Plan:
    """A recipe, and why it is what it is.

    Args:
        recipe: ready to run.
        reasons: one line per decision.
    """

    recipe: Recipe
    reasons: tuple[str, ...]


def fit(
    data: str,
    *,
    minutes: float = 0.0,
    name: str = "",
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
) -> RunResult:
    """Look at data, choose everything, and train, evaluate and export.

    Args:
        data: folder, .csv, .npz, tfds:NAME or digits; a folder of images/ and masks/
            becomes a segmentation.
        minutes: budget of the whole run; 0 = as long as the rules say.
        name: of the run and the model; "" = from the data's name.
        runs_folder: the run becomes runs_folder/NAME/NUMBER.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        reporter: hears of every stage; None for one on stderr.

    Returns:
        As `run`.

    Raises:
        TfappError: for anything a user can mend.
    """
    started = time.monotonic()
    reporter = reporter or Reporter()
    made = plan(data, minutes=minutes, name=name, reporter=reporter)
    for reason in made.reasons:
        reporter.say(f"  {reason}")
    reporter.say("\n" + recipes.to_toml(made.recipe, defaults=False))
    return run(
        made.recipe,
        runs_folder=runs_folder,
        saved_models=saved_models,
        reporter=reporter,
        started=started,
    )


def plan(
    data: str,
    *,
    minutes: float = 0.0,
    name: str = "",
    reporter: Reporter | None = None,
) -> Plan:
    """Return the recipe that `fit` would run, and the reasons for it."""
    reporter = reporter or Reporter()
    config = DataConfig(path=data, name=kind_of(data))
    known = {"name": name or name_of(data), "data": {"path": data}}
    recipes.build(known, where="fit")  # refuse a bad name before the scan
    start_tensorflow(reporter)
    with reporter.stage("look at the data", unit="files") as stage:
        found = check_data(config, progress=stage)
    _refuse_damaged(found, config)
    table: dict[str, Any] = {
        **known,
        "description": f"Chosen by `tfapp fit {data}`.",
        "data": {"path": data, "options": {}},
        "model": {},
        "training": {},
    }
    if minutes:
        table["runtime"] = {"minutes": minutes}
    if config.name == "masks":
        _require_masks(found)
        reasons = [describe_masks(found), *choose_for_masks(table, found)]
        return Plan(recipes.build(table, where="fit"), tuple(reasons))
    _require_enough(found)
    reasons = [describe(found)]
    reasons += choose_model(table, found)
    reasons += choose_training(table, found)
    if minutes:
        reasons += fit_into_budget(table, found, minutes)
    return Plan(recipes.build(table, where="fit"), tuple(reasons))


def _refuse_damaged(found: CheckReport, config: DataConfig) -> None:
    from tfapp.domains.images.check import refuse_damaged

    refuse_damaged(found, config.check.max_bad_share)


def _require_enough(found: CheckReport) -> None:
    """Refuse sets that cannot fill three splits.

    Raises:
        DataError: with the number of images and classes.
    """
    if found.usable < 3 * len(found.per_class):
        raise DataError(
            f"{found.usable} images of {len(found.per_class)} classes are too few to "
            "learn from. Expected at least 3 images of each class."
        )


def _require_masks(found: CheckReport) -> None:
    """Refuse sets that cannot fill three splits.

    Raises:
        DataError: with the number of images.
    """
    if found.usable < 3:
        raise DataError(
            f"{found.usable} images with usable masks are too few to learn from. "
            "Expected at least 3; `tfapp check` lists what is wrong with the others."
        )


def name_of(data: str) -> str:
    """Return a run's name for data: the last part of its path, made plain."""
    stem = Path(data.rstrip("/")).name.split(":")[-1]
    stem = re.sub(r"\.(csv|npz)$", "", stem)
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_") or "model"
