"""An exported segmentation: pictures in, pictures of classes out."""

import io
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfapp.base.errors import ExportError
from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor
from tfapp.domains.images.segmentation.interface import INTERFACE
from tfapp.domains.images.segmentation.segmenter import Segmenter
from tfapp.domains.images.shapes import image_info
from tfapp.export.exporter import export_model
from tfapp.export.predictor import model_predictor, saved_model_predictor
from tfapp.export.spec import Exported

NAMES = ("background", "cell", "nucleus")
VALUES = (0, 7, 255)
PREPROCESS = TilePreprocessor((36, 36), 2, 1, VALUES)
SIZES = [(20, 30), (70, 40), (32, 32)]

pytestmark = pytest.mark.slow


def make_network():
    """Return a tiny network that answers for the 32 pixels in the middle of 36."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((36, 36, 1))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
    x = keras.layers.Conv2D(4, 3, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Conv2D(3, 3)(x))


def make_exported(network, preprocess=PREPROCESS, temperature=2.0):
    """Return a network with what its answers need."""
    info = image_info((36, 36, 1), NAMES, (32, 32))
    return Exported(network, preprocess, info, {"temperature": temperature})


def picture(number):
    """Return uint8 noise (height, width), and it as PNG."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 256, SIZES[number], dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return pixels, stream.getvalue()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Export the network with a temperature of 2."""
    place = tmp_path_factory.mktemp("saved_models") / "cells" / "1"
    examples = [{"image_bytes": picture(number)[1]} for number in range(3)]
    exported = make_exported(make_network())
    result = export_model(exported, INTERFACE, place, examples=examples)
    return exported.model, result


@pytest.fixture(scope="module")
def signatures(exported):
    """Load the SavedModel."""
    loaded = tf.saved_model.load(str(exported[1].path))
    yield loaded.signatures
    del loaded


def expected(network, pixels):
    """Compute the probabilities of every pixel from the whole, padded image."""
    height, width = pixels.shape
    padded = np.pad(pixels, 2, mode="reflect")[None, ..., None].astype("float32")
    inputs = keras.Input((height + 4, width + 4, 1))
    x = inputs
    for layer in network.layers[1:]:
        x = layer(x)
    logits = keras.Model(inputs, x).predict_on_batch(padded)[0]
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits / 2.0))


@pytest.mark.parametrize("number", range(3))
def test_a_picture_becomes_a_mask_of_its_size(exported, signatures, number):
    """PNG bytes in; a PNG of the values of the masks out, as without tiles."""
    pixels, data = picture(number)
    answer = signatures["serving_default"](image_bytes=tf.constant([data]))
    shares = expected(exported[0], pixels)
    mask = np.asarray(Image.open(io.BytesIO(answer["mask_bytes"].numpy()[0])))
    sure = np.sort(shares, axis=-1)
    clear = sure[..., -1] - sure[..., -2] > 1e-4
    np.testing.assert_array_equal(
        mask[clear], np.array(VALUES)[shares.argmax(axis=-1)][clear]
    )
    drawn = np.asarray(Image.open(io.BytesIO(answer["probability_bytes"].numpy()[0])))
    np.testing.assert_allclose(drawn, 255 * (1 - shares[..., 0]), atol=0.51)
    np.testing.assert_allclose(
        answer["probabilities"][0], shares.mean(axis=(0, 1)), atol=1e-5
    )


def test_pictures_of_different_sizes_in_one_request(signatures):
    """A batch answers each picture as if it were alone."""
    encoded = [picture(number)[1] for number in range(3)]
    answer = signatures["serving_default"](image_bytes=tf.constant(encoded))
    for number, data in enumerate(encoded):
        alone = signatures["serving_default"](image_bytes=tf.constant([data]))
        for name in ("mask_bytes", "label"):
            assert answer[name].numpy()[number] == alone[name].numpy()[0]
    assert answer["label"].numpy()[0].decode() in NAMES
    assert [n.decode() for n in answer["classes"].numpy()[0]] == list(NAMES)
    sums = answer["probabilities"].numpy().sum(axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-5)


def test_arrays(exported, signatures):
    """uint8 pixels in; every pixel's probabilities out."""
    pixels, _ = picture(1)
    answer = signatures["serve_images"](images=tf.constant(pixels[None, ..., None]))
    shares = expected(exported[0], pixels)
    np.testing.assert_allclose(answer["probabilities"][0], shares, atol=1e-5)
    assert answer["mask"].shape == (1, 70, 40)
    assert set(np.unique(answer["mask"])) <= set(VALUES)


def test_the_card_and_the_check(exported):
    """The card says how to make tiles; the SavedModel answered as the Keras model."""
    _, result = exported
    card = json.loads((result.path / "tfapp.json").read_text())
    assert TilePreprocessor.from_description(card["preprocess"]) == PREPROCESS
    assert set(card["parity"]["by_signature"]) == {"serving_default", "serve_images"}
    assert card["parity"]["exact_share"] > 0.9  # so that masks are compared, too
    assert result.max_difference < 1e-5
    assert set(card["signatures"]) == {"serving_default", "serve_images"}


def test_a_prediction_is_shares_and_a_mask(exported):
    """SavedModel and network give one answer: shares, and the mask as a file."""
    network, result = exported
    rows = [{"image_bytes": picture(number)[1]} for number in (0, 2)]
    for predictor in (
        saved_model_predictor(result.path, INTERFACE),
        model_predictor(make_exported(network), INTERFACE),
    ):
        answers = predictor.answers(rows)
        prediction = INTERFACE.prediction(answers[1])
        assert list(prediction.columns["probabilities"]) == list(NAMES)
        mask = Image.open(io.BytesIO(prediction.files["mask.png"]))
        assert mask.size == (32, 32)
        assert set(np.unique(mask)) <= set(VALUES)


def test_masks_of_16_bits():
    """Values above 255 make a PNG of 16 bits."""
    preprocess = TilePreprocessor((36, 36), 2, 1, (0, 7, 1000))
    segmenter = Segmenter(make_exported(make_network(), preprocess, 1.0))
    answer = segmenter.answer(tf.constant([picture(2)[1]]))
    mask = np.asarray(Image.open(io.BytesIO(answer["mask_bytes"].numpy()[0])))
    assert set(np.unique(mask)) <= {0, 7, 1000}


def test_the_server_answers_with_pictures(exported):
    """`tfapp serve` needs nothing new: bytes in, base64 pictures out."""
    from tfapp.serving.models.loader import SavedModel

    served = SavedModel(exported[1].path)
    signature = served.signature("serving_default")
    assert signature.is_batchable
    assert signature.string_input == "image_bytes"
    column = np.array([picture(0)[1]], dtype=object)
    found = served.run("serving_default", {"image_bytes": column})
    assert found["mask_bytes"][0].startswith(b"\x89PNG")
    served.close()


def test_a_diverged_model_is_not_exported(tmp_path):
    """NaN weights are found before anything is written."""
    network = make_network()
    network.set_weights([np.full_like(w, np.nan) for w in network.get_weights()])
    examples = [{"image_bytes": picture(0)[1]}]
    with pytest.raises(ExportError, match="NaN or infinity"):
        export_model(
            make_exported(network),
            INTERFACE,
            tmp_path / "cells" / "1",
            examples=examples,
        )
    assert not (tmp_path / "cells").exists()
