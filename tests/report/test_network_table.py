"""Layers counted by hand: weights, work, and what a place sees."""

import keras
from keras import layers

from tfapp.report.network_table import layer_rows, network_table, totals
from tfapp.tasks.outline import without_weights


def rows_of(shape, *parts):
    """Return the rows of layers called one after another, by name."""
    with without_weights():
        inputs = x = keras.Input(shape)
        for part in parts:
            x = part(x)
        return {row.name: row for row in layer_rows(keras.Model(inputs, x))}


def test_question_of_the_lecture():
    """32x32x3 by 5x5x64 and 3x3x128, pooled, to ten: 4,864 + 73,856 + 81,930."""
    rows = rows_of(
        (32, 32, 3),
        layers.Conv2D(64, 5, padding="same", name="a"),
        layers.MaxPooling2D(2, name="p"),
        layers.Conv2D(128, 3, padding="same", name="b"),
        layers.MaxPooling2D(2, name="q"),
        layers.Flatten(name="f"),
        layers.Dense(10, name="d"),
    )
    assert [row.parameters for row in rows.values()] == [4864, 0, 73_856, 0, 0, 81_930]
    work = [32 * 32 * 4800, 0, 16 * 16 * 73_728, 0, 0, 81_920]
    assert [row.multiply_adds for row in rows.values()] == work
    fields = [row.receptive_field for row in rows.values()]
    assert fields == [(5, 5), (6, 6), (10, 10), (12, 12), (), ()]
    assert [row.stride for row in rows.values()][:4] == [(1, 1), (2, 2), (2, 2), (4, 4)]
    assert totals(tuple(rows.values()))["parameters"] == 160_650
    table = network_table(tuple(rows.values()), "layers")
    assert table.rows[0] == (
        *("a", "Conv2D", "32×32×64", "4,864", "4,915,200"),
        *("5×5", "1×1"),
    )
    assert table.rows[-1][3] == "160,650"


def test_branches_see_what_their_widest_does():
    """Side by side, 1x1 and two 3x3 see 5 places; rows and columns are told apart."""
    with without_weights():
        inputs = keras.Input((20, 20, 2))
        deep = layers.Conv2D(4, 3, dilation_rate=1)(layers.Conv2D(4, 3)(inputs))
        crop = layers.Cropping2D(2)(layers.Conv2D(4, 1)(inputs))
        x = layers.Concatenate(name="both")([deep, crop])
        x = layers.Conv2D(3, (1, 7), groups=1, name="row")(x)
        x = layers.Conv2D(3, 3, dilation_rate=2, name="wide")(x)
        model = keras.Model(inputs, x)
        rows = {row.name: row for row in layer_rows(model)}
    assert rows["both"].receptive_field == (5, 5)
    assert rows["row"].receptive_field == (5, 11)
    assert rows["wide"].receptive_field == (9, 15)


def test_ways_up_and_models_inside():
    """A doubled map has half the stride; layers of an inner model carry its name."""
    with without_weights():
        inner_input = keras.Input((8, 8, 2))
        inner = layers.Conv2D(2, 3, 2, "same", name="down")(inner_input)
        inner = keras.Model(inner_input, inner, name="part")
        inputs = keras.Input((8, 8, 2))
        x = layers.Conv2DTranspose(4, 2, 2, name="up")(inner(inputs))
        x = layers.UpSampling2D(2, name="again")(x)
        model = keras.Model(inputs, x)
        rows = {row.name: row for row in layer_rows(model)}
    assert rows["part/down"].stride == (2, 2)
    assert (rows["up"].stride, rows["up"].receptive_field) == ((1, 1), (3, 3))
    assert rows["up"].multiply_adds == 4 * 4 * (2 * 2 * 2 * 4)
    assert rows["again"].stride == (0.5, 0.5)


def test_networks_without_places_and_over_time():
    """A GRU multiplies in every step, an embedding in none; unknown work is a dash."""
    rows = rows_of(
        (6,),
        layers.Embedding(10, 3, name="e"),
        layers.GRU(4, name="g"),
        layers.Dense(2, name="d"),
    )
    work = [rows[name].multiply_adds for name in "egd"]
    assert work == [0, 6 * 3 * 4 * (3 + 4), 8]
    assert rows["g"].receptive_field == ()
    attention = layers.MultiHeadAttention(2, 3, name="m")
    rows = rows_of((5, 4), lambda x: attention(x, x))
    assert rows["m"].multiply_adds is None


def test_grouped_and_shared_layers():
    """Groups divide the work; a layer that is called twice has its weights once."""
    with without_weights():
        inputs = keras.Input((8, 8, 4))
        shared = layers.Conv2D(4, 3, padding="same", groups=2, use_bias=False)
        model = keras.Model(inputs, shared(shared(inputs)))
        rows = layer_rows(model)
    assert [row.parameters for row in rows] == [72, 0]
    assert [row.multiply_adds for row in rows] == [64 * 72, 64 * 72]


def test_model_without_a_graph():
    """A subclassed model is one row, its work unknown."""

    class Own(keras.Model):
        """A model whose graph nobody knows."""

        def call(self, inputs):
            """Return the inputs."""
            return inputs

    (row,) = layer_rows(Own(name="own"))
    assert (row.name, row.multiply_adds) == ("own", None)
    assert totals([row])["multiply_adds"] is None
    assert network_table([row], "x").rows[-1][4] == "at least 0"
