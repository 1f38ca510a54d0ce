"""DQN as a task of a recipe."""

from typing import Literal

from tfapp.domains.reinforcement.dqn.experiment import DeepQNetwork
from tfapp.domains.reinforcement.dqn.settings import DQNSettings


def task(
    *,
    frames: int = 300_000,
    discount: float = 0.99,
    capacity: int = 100_000,
    learning_starts: int = 5_000,
    update_every: int = 1,
    updates: int = 1,
    target_every: int = 1_000,
    double: bool = False,
    clip_rewards: bool = True,
    reward_scale: float = 1.0,
    life_loss_ends: bool = False,
    optimizer: Literal["rmsprop", "adam"] = "rmsprop",
    learning_rate: float = 2.5e-4,
    epsilon: float = 1e-4,
    reduction: Literal["mean", "sum"] = "mean",
    exploration: float = 0.1,
    exploration_steps: int = 100_000,
    games: int = 1,
    steps_per_call: int = 32,
    rounds: int = 20,
    round_episodes: int = 10,
    episodes: int = 100,
    chance: float = 0.05,
) -> DeepQNetwork:
    """Learn to play: the value of every action, by DQN; `data.path` names the game.

    Args: see `DQNSettings`.

    Raises:
        ConfigError: for an option that cannot be.
    """
    return DeepQNetwork(
        DQNSettings(
            frames=frames,
            discount=discount,
            capacity=capacity,
            learning_starts=learning_starts,
            update_every=update_every,
            updates=updates,
            target_every=target_every,
            double=double,
            clip_rewards=clip_rewards,
            reward_scale=reward_scale,
            life_loss_ends=life_loss_ends,
            optimizer=optimizer,
            learning_rate=learning_rate,
            epsilon=epsilon,
            reduction=reduction,
            exploration=exploration,
            exploration_steps=exploration_steps,
            games=games,
            steps_per_call=steps_per_call,
            rounds=rounds,
            round_episodes=round_episodes,
            episodes=episodes,
            chance=chance,
        )
    )
