"""DQN as an experiment: an agent plays, learns, is judged and exported."""

import math
from pathlib import Path
from shlex import join, quote
from typing import Any

import keras

from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.domains.reinforcement.dqn.interface import INTERFACE
from tfapp.domains.reinforcement.dqn.learning.learner import Learner
from tfapp.domains.reinforcement.dqn.learning.replay import Replay
from tfapp.domains.reinforcement.dqn.page import agent_report
from tfapp.domains.reinforcement.dqn.results import evaluation
from tfapp.domains.reinforcement.dqn.settings import DQNSettings
from tfapp.domains.reinforcement.dqn.strip import FILM, write_film
from tfapp.domains.reinforcement.dqn.workload import Playing
from tfapp.domains.reinforcement.environments.spec import INPUT, Environment
from tfapp.domains.reinforcement.load import load_environment
from tfapp.export.spec import Exported
from tfapp.recipes.config import Recipe, TrainingConfig
from tfapp.report.run_sections import RunFacts
from tfapp.report.wording import size
from tfapp.tasks.build import build_model
from tfapp.tasks.outcome import Outcome
from tfapp.tasks.results import Results

PHASE = "play"


class DeepQNetwork:
    """Learns to play by DQN.

    Args:
        settings: how long, and by which rule.

    Reference:
        Mnih et al., Human-level control through deep reinforcement learning, Nature
        518, 2015
    """

    def __init__(self, settings: DQNSettings) -> None:
        self.settings = settings

    def prepare(self, context: Any) -> None:
        """Make the environment, the networks and the replay memory."""
        recipe, settings = context.recipe, self.settings
        _require_no_training(recipe)
        self.recipe = recipe
        self.data = load_environment(recipe)
        environment, info = self.data.environment, self.data.info
        context.loop.fingerprint = info.fingerprint
        keras.utils.set_random_seed(recipe.seed)
        with context.reporter.stage("build model"):
            self.network, target = (build_model(recipe.model, info) for _ in range(2))
            replay = Replay(environment, settings.capacity, settings.games)
        self.learner = Learner(
            self.network,
            target,
            replay,
            self.data.preprocessor,
            settings,
            recipe.data.batch_size,
            recipe.seed,
        )
        self.playing = Playing(
            self.learner, self.make, settings, recipe.seed, context.loop.note
        )
        memory = size(sum(_bytes(column) for column in replay.columns))
        context.reporter.say(
            f"run {context.folder.folder}: {environment.name}, actions "
            f"{', '.join(environment.actions)}; replay memory of "
            f"{settings.capacity:,} frames, {memory}"
        )
        for line in environment.protocol:
            context.reporter.say(f"  {line}")

    def make(self) -> Environment:
        """Return a further environment of the recipe."""
        return load_environment(self.recipe).environment

    def train(self, context: Any) -> None:
        """Play and learn; killed anywhere, it goes on from its last state."""
        context.loop.run(self.playing, PHASE)

    def finish(self, context: Any) -> Outcome:
        """Judge the agent on new episodes, film one, and export the network."""
        settings, environment = self.settings, self.data.environment
        with context.reporter.stage("evaluate", unit="episodes") as stage:
            results = evaluation(
                self.playing.evaluator,
                self.learner.values,
                environment,
                settings.episodes,
                settings.chance,
                stage,
            )
        film = context.folder.folder / FILM
        write_film(film, results.evidence)
        exported = self._export(context, results)
        return Outcome(
            results,
            lambda facts: agent_report(self._facts(context, facts), results, film),
            model=self.network,
            card=exported.card,
            saved_model=exported.path,
            data={
                "examples": {
                    "train": int(context.loop.phases[-1].epochs[-1]["episodes"]),
                    "test": settings.episodes,
                },
                "labels": list(environment.actions),
                "strata": 1,
            },
            judge="tfapp play {run} --episodes 100",
        )

    def _export(self, context: Any, results: Results) -> Any:
        from tfapp.export.files.publishing import publish_model

        recipe, config = context.recipe, context.recipe.export
        states = self.playing.fixed_states()[: config.examples]
        with context.reporter.stage("export and verify") as stage:
            exported = publish_model(
                Exported(self.network, self.data.preprocessor, self.data.info),
                INTERFACE,
                context.saved_models / context.folder.name,
                examples=[{INPUT: state} for state in states],
                card={
                    "name": context.folder.name,
                    "run": context.folder.number,
                    "task": recipe.task,
                    "recipe": recipes.describe(recipe),
                    "metrics": dict(results.figures),
                    "data_fingerprint": self.data.info.fingerprint,
                    "environment": context.facts,
                },
                tolerance=config.tolerance,
            )
            stage.detail = (
                f"largest difference to the Keras model {exported.max_difference:.1e}"
            )
        return exported

    def _facts(self, context: Any, facts: dict[str, Any]) -> RunFacts:
        saved_model = Path(facts["saved_model"])
        return RunFacts(
            name=context.folder.name,
            number=context.folder.number,
            command=join(facts["command"]),
            model=f"{context.recipe.model.name}, {self.data.environment.name}",
            saved_model=str(saved_model),
            predict_command=f"tfapp predict {quote(str(saved_model.parent))} FILE.npy",
            started=facts["started"],
            seconds=facts["seconds"],
            peak_memory_bytes=facts["peak_memory_bytes"],
            versions=facts["versions"],
            git_commit=facts["git_commit"],
            seed=facts["seed"],
            fingerprint=self.data.info.fingerprint,
            recipe=recipes.describe(context.recipe),
            history=facts["phases"],
            notes=facts["notes"],
        )


def _require_no_training(recipe: Recipe) -> None:
    """Refuse keys of `[training]` that the rule of DQN does not read.

    Raises:
        ConfigError: naming the first of them.
    """
    default = TrainingConfig().model_dump() | {"patience": recipe.training.patience}
    for key, value in recipe.training.model_dump().items():
        if value != default[key]:
            raise ConfigError(
                f"`training.{key}` has no effect on task 'dqn'. Leave it out; see its "
                "task_options, such as learning_rate and frames (docs/play.md)."
            )


def _bytes(variable: Any) -> int:
    return int(variable.dtype.size * math.prod(variable.shape))
