"""Find a learning rate: a range test on a network that is thrown away."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.base.files import write_text
from tfapp.base.reporter import Reporter
from tfapp.data.detection import require_place
from tfapp.recipes.config import Recipe

STEPS = 200
KEYS = {
    "train": "training.learning_rate",
    "head": "fine_tune.head.learning_rate",
    "thaw": "fine_tune.thaw.learning_rate",
}
"""Phase → key of its rate."""


@dataclass(frozen=True)
class RateResult:
    """What a range test suggests.

    Args:
        phase: that was tried.
        key: of the recipe, that the suggestion is for.
        suggestion: a learning rate; None if the loss did not fall.
        current: the recipe's.
        rates: of each step.
        losses: smoothed, of each step.
        picture: SVG file.
    """

    phase: str
    key: str
    suggestion: float | None
    current: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    picture: Path


def find_rate(
    recipe: Recipe | str,
    *,
    phase: str = "",
    steps: int = STEPS,
    out: Path | str = "learning_rate.svg",
    reporter: Reporter | None = None,
) -> RateResult:
    """Train while the learning rate rises, and suggest the rate of the steepest fall.

    No run is made; the network and what it learned are thrown away. For a later phase
    the ones before it are trained first.

    Args:
        recipe: a recipe, its name, or its file.
        phase: "train", "head" or "thaw"; "" = the first one.
        steps: of training, at most.
        out: SVG file of the picture.
        reporter: receives every stage; None for one on stderr.

    Raises:
        ConfigError: if the recipe has no such phase, or learns in another way.
        TfappError: for anything else that a user can fix.
    """
    from tfapp.runs.session import prepared

    if not isinstance(recipe, Recipe):
        recipe = recipes.load_recipe(recipe)
    reporter = reporter or Reporter()
    phase = phase or ("head" if recipe.fine_tune else "train")
    _require_phase(recipe, phase)
    require_place(recipe.data.path, recipe.data.kind)
    with prepared(recipe, reporter) as (experiment, _):
        trainer = getattr(experiment, "trainer", None)
        if trainer is None:
            raise ConfigError(
                f"Task {recipe.task!r} has no training in epochs, so no range test."
            )
        from tfapp.training.rate_finder import find_rate as range_test

        curve = None
        for step, workload in trainer.workloads():
            if step.plan.name == phase:
                _require_epochs(workload, phase)
                with reporter.stage("range test", unit="steps"):
                    curve = range_test(workload, steps)
                current = step.plan.learning_rate
                break
            trainer.run(step, workload)
        if curve is None:
            raise ConfigError(f"The phase {phase!r} was left out: no time for it.")
    picture = Path(out)
    write_text(picture, _drawn(curve.rates, curve.losses, curve.suggestion, current))
    return RateResult(
        phase,
        KEYS[phase],
        curve.suggestion,
        current,
        curve.rates,
        curve.losses,
        picture,
    )


def _require_epochs(workload: Any, phase: str) -> None:
    from tfapp.training.loop.epochs import Epochs

    if not isinstance(workload, Epochs):
        raise ConfigError(
            f"The phase {phase!r} finds its weights without a learning rate, so there "
            "is none to look for."
        )


def _require_phase(recipe: Recipe, phase: str) -> None:
    tune = recipe.fine_tune
    phases = ["train"] if tune is None else ["head", "thaw"][: 2 if tune.thaw else 1]
    if phase not in phases:
        raise ConfigError(
            f"The recipe has no phase {phase!r}. Expected one of {phases}."
        )


def _drawn(
    rates: tuple[float, ...],
    losses: tuple[float, ...],
    suggestion: float | None,
    current: float,
) -> str:
    """Return the picture: loss over rate, the suggestion and the recipe's rate."""
    from tfapp.report.style import PALETTE, look, new_figure, to_svg

    with look():
        figure = new_figure(5.2, 3.0)
        axes = figure.add_subplot()
        axes.plot(rates, losses, color=PALETTE["accent"], label="loss, smoothed")
        axes.set_xscale("log")
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss of a batch")
        for rate, colour, dashes, name in (
            (suggestion, "second", "-", "suggestion"),
            (current, "muted", ":", "the recipe"),
        ):
            if rate is not None:
                axes.axvline(rate, color=PALETTE[colour], linestyle=dashes, label=name)
        axes.legend()
        return to_svg(figure).decode("utf-8")
