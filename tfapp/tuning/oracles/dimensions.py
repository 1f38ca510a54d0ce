"""A space as Keras Tuner writes it, and its values as a recipe takes them."""

from collections.abc import Mapping
from typing import Any

from tfapp.recipes.tuning import Dimension
from tfapp.tuning.space import decode, encode


def hyperparameters(dimensions: Mapping[str, Dimension]) -> Any:
    """Return the space as Keras Tuner writes it; choices are texts."""
    import keras_tuner

    space = keras_tuner.HyperParameters()
    for key, dimension in sorted(dimensions.items(), key=lambda kv: bool(kv[1].when)):
        _add(space, key, dimension, list(dimension.when.items()))
    return space


def _add(space: Any, key: str, dimension: Dimension, when: list[Any]) -> None:
    """Add a dimension inside the conditions under which it counts."""
    if when:
        (parent, values), *rest = when
        with space.conditional_scope(parent, [encode(v) for v in values]):
            _add(space, key, dimension, rest)
        return
    if dimension.choices:
        space.Choice(key, [encode(choice) for choice in dimension.choices])
        return
    sampling = "log" if dimension.log else "linear"
    bounds = {"min_value": dimension.min, "max_value": dimension.max}
    if dimension.integer:
        bounds = {name: int(value or 0) for name, value in bounds.items()}
        step = int(dimension.step or 1) if not dimension.log else dimension.step
        space.Int(key, **bounds, step=step and int(step), sampling=sampling)
    else:
        space.Float(key, **bounds, step=dimension.step, sampling=sampling)


def settings(values: Mapping[str, Any], dimensions: Mapping[str, Dimension]) -> Any:
    """Return a trial's values as the recipe takes them, the tuner's own left out."""
    return {
        key: decode(value) if dimensions[key].choices else value
        for key, value in values.items()
        if key in dimensions
    }


def is_choice(dimension: Any) -> bool:
    """Say whether one of Keras Tuner's dimensions has choices, not a range."""
    return hasattr(dimension, "ordered")
