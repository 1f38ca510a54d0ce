"""A float32 twin of a model that was trained in mixed precision."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

REDUCED = ("mixed_bfloat16", "mixed_float16", "bfloat16", "float16")
"""Names of the dtype policies that compute in less than float32."""


def float32_copy(model: Any) -> Any:
    """Return the model computing in float32 throughout.

    Exported models answer in float32 on every machine, and converters refuse
    bfloat16. The weights of a mixed model are float32 already.

    Args:
        model: functional or sequential Keras model.

    Returns:
        The model itself if nothing in it computes in less than float32, else a copy
        with the same weights.
    """
    config = model.get_config()
    in_float32 = _in_float32(config)
    if in_float32 == config:
        return model
    with _default_policy("float32"):  # for layers that make layers of their own
        copy = type(model).from_config(in_float32)
    copy.set_weights(model.get_weights())
    return copy


def _in_float32(value: Any, key: str = "") -> Any:
    """Rewrite every dtype policy in a configuration of a model."""
    if isinstance(value, dict):
        if value.get("class_name") == "DTypePolicy":
            name = _in_float32(value["config"]["name"], "dtype")
            return {**value, "config": {**value["config"], "name": name}}
        return {k: _in_float32(v, k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_in_float32(v) for v in value)
    return "float32" if key == "dtype" and value in REDUCED else value


@contextmanager
def _default_policy(name: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
