"""What stands in the files of an exported model."""

import keras
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tfapp.export.saved_model import write_saved_model
from tfapp.export.signatures import compiled
from tfapp.export.spec import Signature

PREDICT = "tensorflow/serving/predict"


def test_classify_has_the_method_name_that_serving_looks_for(exported):
    """The file itself says classify, and the others stay predict."""
    content = (exported.path / "saved_model.pb").read_bytes()
    meta_graph = saved_model_pb2.SavedModel.FromString(content).meta_graphs[0]
    methods = {k: v.method_name for k, v in meta_graph.signature_def.items()}
    assert methods.pop("__saved_model_init_op") == ""
    assert methods == {
        "serving_default": PREDICT,
        "serve_images": PREDICT,
        "classify": "tensorflow/serving/classify",
        "explain": PREDICT,
    }


def test_a_session_loads_it_as_serving_does(tiny, exported):
    """The graph answers through TensorFlow Serving's own loading path."""
    load = tf.compat.v1.saved_model.loader.load
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        definition = load(session, ["serve"], str(exported.path)).signature_def[
            "serving_default"
        ]
        labels = session.run(
            definition.outputs["label"].name,
            {definition.inputs["image_bytes"].name: [tiny.encode(tiny.pictures()[0])]},
        )
    assert labels[0].decode() in tiny.class_names


def test_a_signature_is_traced_once(tmp_path):
    """Writing builds each graph a single time."""
    model, traced = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), []

    def answer(x):
        traced.append(x)
        return {"y": model(x)}

    signature = Signature(answer, {"x": tf.TensorSpec((None, 2), tf.float32)})
    write_saved_model(tmp_path, model, {"serving_default": compiled(signature)})
    assert len(traced) == 1
    loaded = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    assert loaded(x=tf.ones((3, 2)))["y"].shape == (3, 1)


def test_labels_file_has_one_name_a_line(tiny, exported):
    """Names are UTF-8, in the order of the probabilities."""
    text = (exported.path / "assets.extra" / "labels.txt").read_text(encoding="utf-8")
    assert text == "zèbre\napple\n猫\n"


def test_the_card_describes_dtypes_and_shapes(exported):
    """-1 stands for an open size, as TensorFlow Serving's metadata has it."""
    signatures = exported.result.card["signatures"]
    assert signatures["serving_default"]["inputs"] == {
        "image_bytes": {"dtype": "string", "shape": [-1]}
    }
    assert signatures["serving_default"]["outputs"] == {
        "classes": {"dtype": "string", "shape": [-1, 3]},
        "label": {"dtype": "string", "shape": [-1]},
        "probabilities": {"dtype": "float32", "shape": [-1, 3]},
        "score": {"dtype": "float32", "shape": [-1]},
    }
    assert signatures["explain"]["outputs"] == {
        **signatures["serving_default"]["outputs"],
        "explanation_bytes": {"dtype": "string", "shape": [-1]},
    }
    assert signatures["serve_images"]["inputs"] == {
        "images": {"dtype": "uint8", "shape": [-1, -1, -1, 3]}
    }
    assert signatures["classify"] == {
        "method": "tensorflow/serving/classify",
        "inputs": {"inputs": {"dtype": "string", "shape": [-1]}},
        "outputs": {
            "classes": {"dtype": "string", "shape": [-1, 3]},
            "scores": {"dtype": "float32", "shape": [-1, 3]},
        },
    }
