"""Reinforcement: agents that learn to play from rewards, without any examples.

The tables name what recipes may use, as "module:function" relative to this package.
"""

FORMS = "an environment: gym:CartPole-v1, minatar:breakout or ale:pong"
"""What `data.path` may be, for messages."""

DATA = {"environment": "load:environment"}
"""Kinds of data: here what an agent acts in."""

CHECKS = {"environment": "load:check_environment"}
"""What plays a few steps by chance, and reports them."""

TASKS = {"dqn": "dqn.task:task"}

TASK_DATA = {"dqn": ("environment",)}
"""The kinds of data that each task learns from; the first is the default."""

INTERFACES = {"dqn": "dqn.interface:INTERFACE"}
"""What the exported models of each task take and answer, without the task."""

REQUIREMENTS = {
    "dqn": {
        "fine_tune": (None, "an agent learns from random weights"),
        "runtime.backend": ("tensorflow", "the replay memory lies in its variables"),
        "runtime.precision": ("float32", "values and errors differ in small parts"),
        "runtime.strategy": ("single", "one agent plays and learns on one device"),
    },
}
"""Task → recipe key → what it has to be, and why."""

MODELS = {
    "dqn_2013": "dqn.models.atari:dqn_2013",
    "dqn_2015": "dqn.models.atari:dqn_2015",
    "minatar_dqn": "dqn.models.minatar:minatar_dqn",
    "value_perceptron": "dqn.models.perceptron:value_perceptron",
}
"""Networks: builders that return a keras.Model of the value of every action."""

MODEL_SHAPES = {
    "dqn_2013": ((84, 84, 4), 4),
    "dqn_2015": ((84, 84, 4), 4),
    "minatar_dqn": ((10, 10, 4), 6),
}
"""Model → the input and the number of outputs of the published network."""

PLANS = {"dqn": "dqn.plan:plan"}
"""Task → what writes the recipe of `tfapp fit`."""

VERBS = {"play": "verbs.play:play"}
"""Functions of the Python API, `tfapp.NAME`, that only this domain has."""

COMMANDS = {"play": "commands.play:play"}
"""Commands, `tfapp NAME`: a function with Typer's options, or a `typer.Typer`."""
