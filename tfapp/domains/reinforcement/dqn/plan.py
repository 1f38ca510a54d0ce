"""The recipe by which `tfapp fit` lets an agent learn; see docs/play.md."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.recipes.plan import Machine, Plan

NUMBERS: dict[str, Any] = {
    "frames": 60_000,
    "capacity": 60_000,
    "learning_starts": 1_000,
    "updates": 1,
    "target_every": 100,
    "double": True,
    "clip_rewards": False,
    "reward_scale": 0.05,
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "epsilon": 1e-7,
    "exploration": 0.05,
    "exploration_steps": 10_000,
    "games": 4,
    "chance": 0.0,
}
"""Options for environments that show a few numbers."""
BOARDS: dict[str, Any] = {"games": 8, "optimizer": "adam", "epsilon": 3e-4}
"""Options for boards of ten by ten; the others are as published."""
SCREENS: dict[str, Any] = {
    "frames": 200_000_000,
    "capacity": 1_000_000,
    "learning_starts": 50_000,
    "update_every": 4,
    "target_every": 2_500,
    "epsilon": 0.01,
    "reduction": "sum",
    "exploration_steps": 1_000_000,
    "life_loss_ends": True,
    "rounds": 50,
}
"""Options for screens of Atari, as published."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network and rule by what an environment shows."""
    shape = report.facts["observation"]
    if len(shape) == 1:
        name, options, why = "value_perceptron", NUMBERS, "observations are numbers"
    elif min(shape[:2]) < 36:
        name, options, why = "minatar_dqn", BOARDS, "observations are small boards"
    else:
        name, options, why = "dqn_2015", SCREENS, "observations are screens"
    chance = report.facts["return of random play"]
    reasons = [
        f"{len(report.facts['actions'])} actions, observations of shape {shape}",
        f"model: {name}, because {why}",
    ]
    if chance is not None:
        reasons.append(f"random play returns about {chance:.3g}")
    table = {
        "task_options": dict(options),
        "model": {"name": name},
        "runtime": {"strategy": "single", "precision": "float32", "threads": 1},
    }
    return Plan(table, tuple(reasons))
