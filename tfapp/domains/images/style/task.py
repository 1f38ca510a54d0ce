"""Neural style as a task of a recipe."""

from typing import Literal

from tfapp.domains.images.style.experiment import NeuralStyle
from tfapp.domains.images.style.settings import StyleSettings


def task(
    *,
    styles: list[str],
    style_shares: list[float] = [],  # noqa: B006 - never changed; TOML gives lists
    masks: list[str] = [],  # noqa: B006
    start: str = "content",
    size: int = 512,
    coarsest: int = 128,
    steps: int = 200,
    optimizer: Literal["lbfgs", "adam"] = "lbfgs",
    learning_rate: float = 0.02,
    history: int = 10,
    content_weight: float = 1.0,
    style_weight: float = 20.0,
    variation_weight: float = 2.0,
    style_layers: list[str] = [],  # noqa: B006
    content_layers: list[str] = [],  # noqa: B006
    keep_color: bool = False,
    look: int = 25,
    memory: float = 4.0,
    out: str = "",
) -> NeuralStyle:
    """Draw a picture with the content of one and the style of others; learns no model.

    `data.path` is the content, or a folder of them that are drawn by name, each from
    the last one's result. The extractor is that of `model.options`.

    Args: see `StyleSettings`.

    Raises:
        ConfigError: for an option that cannot be.
    """
    return NeuralStyle(
        StyleSettings(
            styles=tuple(styles),
            style_shares=tuple(style_shares),
            masks=tuple(masks),
            start=start,
            size=size,
            coarsest=coarsest,
            steps=steps,
            optimizer=optimizer,
            learning_rate=learning_rate,
            history=history,
            content_weight=content_weight,
            style_weight=style_weight,
            variation_weight=variation_weight,
            style_layers=tuple(style_layers),
            content_layers=tuple(content_layers),
            keep_color=keep_color,
            look=look,
            memory=memory,
            out=out,
        )
    )
