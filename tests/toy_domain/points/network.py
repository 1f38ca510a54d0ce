"""A network of two layers."""

import keras

from tfapp.data.spec import DataInfo


def point_network(info: DataInfo, *, units: int = 8) -> keras.Model:
    """Two dense layers.

    Args:
        info: one input of any length.
        units: of the first layer.
    """
    inputs = keras.Input(info.only_input.shape, name="position")
    hidden = keras.layers.Dense(units, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(info.num_outputs)(hidden))
