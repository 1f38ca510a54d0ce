"""Keras knows every layer of ours without importing it."""

import importlib

import keras
import pytest

from tfapp import layers
from tfapp.layers import Deferred
from tfapp.layers.standardization import Standardization


def test_a_deferred_class_makes_its_objects(monkeypatch):
    """Keras asks it for an object as it asks a class."""
    names = {}
    monkeypatch.setattr(keras.saving, "get_custom_objects", lambda: names)
    layers.register()
    made = names["tfapp>Standardization"].from_config({"prior": 3.0, "name": "mine"})
    assert isinstance(made, Standardization)
    assert (made.prior, made.name) == (3.0, "mine")
    for name, deferred in names.items():
        package, _, class_name = name.partition(">")
        real = getattr(importlib.import_module(deferred.module), class_name)
        assert keras.saving.get_registered_name(real) == f"{package}>{class_name}"


def test_classes_that_are_there_stay(monkeypatch):
    """A class that has registered itself is not put behind a deferred one."""
    layers.register()
    known = keras.saving.get_custom_objects()["tfapp>Standardization"]
    assert known is Standardization
    assert not isinstance(known, Deferred)


@pytest.mark.slow
def test_keras_alone_reads_our_networks(in_fresh_process, tmp_path):
    """`import tfapp` is enough, whichever of the two is imported first."""
    inputs = keras.Input((3,))
    file = tmp_path / "model.keras"
    keras.Model(inputs, Standardization()(inputs)).save(file)
    code = """
import json, sys
import tfapp
assert "keras" not in sys.modules
import keras
model = keras.saving.load_model(sys.argv[1])
print(json.dumps([type(layer).__name__ for layer in model.layers]))
"""
    assert in_fresh_process(code, file)[-1] == "Standardization"


def test_no_two_classes_share_a_name():
    """Keras finds a class by its name alone: the one registered last would win."""
    found = [
        name
        for file in layers.HOUSE.rglob("*.py")
        for name in layers.REGISTERED.findall(file.read_text(encoding="utf-8"))
    ]
    assert len(found) == len(set(found)) > 30
