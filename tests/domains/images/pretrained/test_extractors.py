"""The table of extractors against keras.applications and our own builders."""

import hashlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras.src.utils import file_utils

from tfapp.base.errors import ModelError, UnknownNameError
from tfapp.domains.images.pretrained.extractors import (
    EXTRACTORS,
    build_backbone,
    build_network,
    cut,
    find_extractor,
)

QUICK = ["vgg16", "mobilenet", "mobilenet_v2", "mobilenet_v3_small", "resnet50"]
OWN = sorted(name for name, row in EXTRACTORS.items() if ":" in row.builder)
OTHERS = sorted(set(EXTRACTORS) - set(QUICK) - set(OWN))
CHECKED = "732f78500ea4e6a8"
"""Digest of the table and of Keras' version with which all rows were compared."""


def digest() -> str:
    """Return what changes when a row or Keras does."""
    text = f"{keras.__version__} {sorted(EXTRACTORS.items())}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_digest_is_that_of_the_last_comparison() -> None:
    """After `pytest -m nightly` has compared all rows, the new digest is written."""
    assert digest() == CHECKED


def test_covers_every_network_of_keras() -> None:
    """No network of keras.applications is missing, and none is made up."""
    networks = {name for name in dir(keras.applications) if name[0].isupper()}
    builders = {row.builder for name, row in EXTRACTORS.items() if name not in OWN}
    assert builders == networks


@pytest.mark.parametrize("name", OWN)
def test_row_of_our_own_network(name: str) -> None:
    """Our own have no file of Keras', and exactly the weights that the row says."""
    extractor = EXTRACTORS[name]
    side = extractor.smallest_size
    network = build_backbone(name, (side, side, 3))
    assert network.count_params() == extractor.parameters <= 5_500_000
    assert network.name == name
    assert (extractor.file, extractor.address, extractor.hash) == ("", "", "")
    assert extractor.weights != "imagenet"
    with pytest.raises(ModelError, match=f"too small for '{name}': at least {side}x"):
        build_backbone(name, (side - 1, side, 3))
    with pytest.raises(ModelError, match="has no argument 'alpha'"):
        build_backbone(name, (side, side, 3), arguments={"alpha": 1.0})


def test_the_table_needs_no_keras() -> None:
    """Listing the extractors does not pay for TensorFlow."""
    code = (
        "import sys, tfapp.domains.images.pretrained.file_choice as w;"
        "w.available_weights();"
        "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined or non-square")
@pytest.mark.parametrize(
    "name",
    [
        *QUICK,
        # Building every network takes minutes, and only an edit changes the result.
        *(
            pytest.param(
                name,
                marks=[pytest.mark.slow]
                + [pytest.mark.nightly] * (digest() == CHECKED),
            )
            for name in OTHERS
        ),
    ],
)
def test_row_equals_what_keras_asks_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, address, hash, smallest size and weight count are Keras' own."""
    extractor = EXTRACTORS[name]
    asked: dict[str, str] = {}

    def get_file(file: str, address: str, **options: str) -> str:
        asked.update(options, file=file, address=address)
        return "unread"

    monkeypatch.setattr(file_utils, "get_file", get_file)
    monkeypatch.setattr(keras.Model, "load_weights", lambda *_: None)
    builder = getattr(keras.applications, extractor.builder)
    side = extractor.smallest_size
    network = builder(include_top=False, input_shape=(side, side, 3))
    assert asked["file"] == extractor.file
    assert asked["address"] == extractor.address
    assert asked.get("file_hash", "") == extractor.hash
    assert asked["cache_subdir"] == "models"
    assert network.count_params() == extractor.parameters
    with pytest.raises(ValueError, match="at least"):
        builder(weights=None, include_top=False, input_shape=(side - 1, side - 1, 3))


@pytest.mark.parametrize("name", EXTRACTORS)
def test_default_size_is_the_published_one(name: str) -> None:
    """The default size has at least the smallest and a hash has a known length."""
    extractor = EXTRACTORS[name]
    assert extractor.smallest_size <= extractor.default_size <= 600
    assert len(extractor.hash) in (0, 32, 64)
    assert len(extractor.summary) <= 70


def test_layer_names_do_not_depend_on_the_past() -> None:
    """A second network has the names of the first."""
    names = [
        [
            layer.name
            for layer in build_backbone("mobilenet_v3_small", (32, 32, 3)).layers
        ]
        for _ in range(2)
    ]
    assert names[0] == names[1]
    assert "activation" in names[0]


def test_anonymous_layers_count_from_zero() -> None:
    """InceptionV3's 94 convolutions have the numbers that everyone knows."""
    keras.layers.Conv2D(1, 1)
    network = build_backbone("inception_v3", (75, 75, 3))
    names = [layer.name for layer in network.layers]
    anonymous = {name for name in names if name.startswith("conv2d")}
    assert anonymous == {"conv2d"} | {f"conv2d_{index}" for index in range(1, 94)}
    assert names[-1] == "mixed10"


@pytest.mark.slow
def test_names_are_those_of_a_fresh_process() -> None:
    """Keras' own numbering is kept, so names found elsewhere hold here."""
    network = build_backbone("mobilenet_v3_small", (32, 32, 3))
    code = (
        "import keras; n = keras.applications.MobileNetV3Small(weights=None, "
        "include_top=False, input_shape=(32, 32, 3)); "
        "print(*[layer.name for layer in n.layers])"
    )
    fresh = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert [layer.name for layer in network.layers] == fresh.stdout.split()


def test_later_layers_get_names_of_their_own() -> None:
    """The counters go on behind a network, so no name appears twice by chance."""
    before = {keras.layers.Conv2D(1, 1).name for _ in range(3)}
    network = build_backbone("xception", (71, 71, 3))
    after = keras.layers.Conv2D(1, 1).name
    assert after not in before | {layer.name for layer in network.layers}


def test_cuts_at_a_layer() -> None:
    """The network ends at the layer asked for, with its shape."""
    network = build_backbone("vgg16", (64, 48, 3), output="block3_pool")
    assert network.output_shape == (None, 8, 6, 256)
    assert network.layers[-1].name == "block3_pool"


def test_passes_arguments_to_the_builder() -> None:
    """A narrower MobileNet has the width asked for."""
    network = build_backbone("mobilenet", (32, 32, 3), arguments={"alpha": 0.25})
    assert network.output_shape == (None, 1, 1, 256)


def test_a_network_may_keep_its_top() -> None:
    """With its top the network answers class probabilities."""
    network = build_network(
        "mobilenet", (32, 32, 3), arguments={"alpha": 0.25, "classes": 5}
    )
    probabilities = network(np.zeros((2, 32, 32, 3), "float32"))
    np.testing.assert_allclose(np.sum(probabilities, axis=1), 1.0, rtol=1e-5)


@pytest.mark.slow
def test_efficientnet_has_both_scalings() -> None:
    """Random weights see the pixels as ImageNet's do: the second scaling is there."""
    network = build_backbone("efficientnet_b0", (32, 32, 3))
    scalings = [x for x in network.layers if isinstance(x, keras.layers.Rescaling)]
    assert [layer.name for layer in scalings] == ["rescaling", "rescaling_1"]
    white = keras.Model(network.input, scalings[1].output)(np.full((1, 32, 32, 3), 255))
    np.testing.assert_allclose(white[0, 0, 0], 1 / np.sqrt([0.229, 0.224, 0.225]))


def test_refuses_small_images() -> None:
    """The message holds the size received and the least one."""
    with pytest.raises(ModelError) as caught:
        build_backbone("inception_v3", (32, 32, 3))
    assert str(caught.value) == (
        "`image_size` 32x32 is too small for 'inception_v3': at least 75x75 pixels."
    )


def test_refuses_grey_images() -> None:
    """Networks trained on colours say that they need three channels."""
    with pytest.raises(ModelError, match=r"1 channel.*'vgg16': expected 3 \(RGB\)"):
        build_backbone("vgg16", (32, 32, 1))


def test_refuses_an_unknown_layer() -> None:
    """Close names and the last layers are shown."""
    with pytest.raises(ModelError) as caught:
        build_backbone("vgg16", (32, 32, 3), output="block4_pol")
    assert "no layer 'block4_pol'. Did you mean one of ['block4_pool'" in str(
        caught.value
    )
    assert "last layers are ['block4_pool', 'block5_conv1'" in str(caught.value)


@pytest.mark.parametrize("argument", ["alpa", "weights", "include_preprocessing"])
def test_refuses_an_unknown_argument(argument: str) -> None:
    """Arguments that Keras lacks, or that are settled here, are refused."""
    with pytest.raises(ModelError, match=f"no argument '{argument}'.*'alpha'"):
        build_backbone("mobilenet_v2", (32, 32, 3), arguments={argument: 1})


def test_refuses_an_unknown_extractor() -> None:
    """A misspelt extractor is named, with the close one."""
    with pytest.raises(UnknownNameError, match="'vgg17'. Did you mean 'vgg1[69]'"):
        find_extractor("vgg17")


def test_cut_without_a_layer_returns_the_network() -> None:
    """No layer means the whole network, not a copy."""
    inputs = keras.Input((2,))
    network = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    assert cut(network, "") is network
