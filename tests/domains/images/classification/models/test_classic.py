"""The classic networks: the papers' counts and shapes, and Keras' answers."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.classification.models.alexnet import alexnet
from tfapp.domains.images.classification.models.inception_v1 import inception_v1
from tfapp.domains.images.classification.models.inception_v3 import inception_v3
from tfapp.domains.images.classification.models.lenet5 import lenet5, lenet5_modern
from tfapp.domains.images.classification.models.small_cnn import small_cnn
from tfapp.domains.images.classification.models.vgg import vgg
from tfapp.domains.images.shapes import image_info
from tfapp.tasks.outline import without_weights

PLAIN = {"padding": "same", "units": (), "dropout_rate": 0.0}
ONE_TOWER = {"towers": 1}
WEIRD = ONE_TOWER | {"filters": (64, 192, 384, 256, 256), "normalize_responses": False}
PAPERS = [
    (lenet5, {}, (32, 32, 1), 10, 60_000),
    (lenet5, {}, (28, 28, 1), 10, 60_000),
    (lenet5_modern, {}, (32, 32, 1), 10, 61_706),
    (
        small_cnn,
        PLAIN | {"filters": (16, 32), "kernel_size": 5},
        (28, 28, 1),
        10,
        28938,
    ),
    (
        small_cnn,
        PLAIN | {"filters": (64, 128), "kernel_size": (5, 3)},
        (32, 32, 3),
        10,
        160_650,
    ),
    (alexnet, {}, (227, 227, 3), 1000, 60_965_224),
    (alexnet, ONE_TOWER, (227, 227, 3), 1000, 62_378_344),
    (alexnet, WEIRD, (227, 227, 3), 1000, 61_100_840),
    (vgg, {"depth": 11}, (224, 224, 3), 1000, 132_863_336),
    (vgg, {"depth": 13}, (224, 224, 3), 1000, 133_047_848),
    (vgg, {"depth": 16}, (224, 224, 3), 1000, 138_357_544),
    (vgg, {"depth": 19}, (224, 224, 3), 1000, 143_667_240),
    (inception_v1, {}, (224, 224, 3), 1000, 13_378_280),
    (inception_v1, {"auxiliary_heads": False}, (224, 224, 3), 1000, 6_998_552),
    (inception_v3, {}, (299, 299, 3), 1000, 23_851_784 - 34_432),
]
"""Builder, options, image, classes and trainable weights; Inception v3 has 34,432
statistics of batch normalisation as well."""


def outline(builder, shape, classes=10, **options):
    """Build a network without memory for its weights."""
    with without_weights():
        return builder(image_info(shape, [str(i) for i in range(classes)]), **options)


@pytest.mark.parametrize(("builder", "options", "shape", "classes", "weights"), PAPERS)
def test_weights_of_the_papers(builder, options, shape, classes, weights):
    """Every network has the paper's trainable weights, to the last one."""
    model = outline(builder, shape, classes, **options)
    counts = [np.prod(w.shape, dtype=int) for w in model.trainable_weights]
    assert sum(counts) == weights


def sides(model, *names):
    """Return height and maps of the outputs of layers."""
    shapes = [model.get_layer(name).output.shape for name in names]
    return [(shape[1], shape[-1]) for shape in shapes]


def test_shapes_of_lenet5():
    """6 maps of 28, pooled to 14, 16 of 10, pooled to 5; C3 has its 1,516 weights."""
    model = outline(lenet5, (32, 32, 1))
    shapes = sides(model, "C1", "S2", "C3", "S4")
    assert shapes == [(28, 6), (14, 6), (10, 16), (5, 16)]
    counts = {layer.name: layer.count_params() for layer in model.layers}
    layers = ["C1", "S2", "C3", "S4", "C5", "F6", "logits"]
    assert [counts[name] for name in layers] == [156, 12, 1516, 32, 48120, 10164, 840]


def test_pixels_of_lenet5():
    """White paper and black ink as in the paper: -0.1 and 1.175."""
    model = lenet5(image_info((32, 32, 1), "0123456789"))
    ink = model.get_layer("ink")(np.array([0.0, 255.0], "float32"))
    np.testing.assert_allclose(ink, [-0.1, 1.175], rtol=1e-6)


def test_shapes_of_alexnet():
    """55, 27, 13 and 6 pixels a side."""
    model = outline(alexnet, (227, 227, 3))
    shapes = sides(model, "conv1", "pool1", "conv2", "pool2", "conv5", "pool5")
    assert shapes == [(55, 96), (27, 96), (27, 256), (13, 256), (13, 256), (6, 256)]


def test_shapes_of_inception_v1():
    """Modules see 28, 14 and 7 pixels a side; heads stand where the paper has them."""
    model = outline(inception_v1, (224, 224, 3), 1000)
    shapes = sides(model, "pool2", "module_3b", "module_4e", "module_5b")
    assert shapes == [(28, 192), (28, 480), (14, 832), (7, 1024)]
    assert model.get_layer("auxiliary_1_pool").output.shape == (None, 4, 4, 512)
    assert model.get_layer("auxiliary_2_pool").output.shape == (None, 4, 4, 528)
    assert set(model.output) == {"logits", "auxiliary_1", "auxiliary_2"}


@pytest.mark.parametrize(
    ("builder", "side"),
    [(alexnet, 40), (vgg, 31), (inception_v1, 6), (inception_v3, 74)],
)
def test_images_that_are_too_small(builder, side):
    """One line names what ran out, and what to change."""
    with pytest.raises(ModelError, match=r"`image_size` is too small.*larger"):
        outline(builder, (side, side, 3))


def test_kernel_sizes_of_each_convolution():
    """As many sizes as convolutions, or one for all."""
    with pytest.raises(ModelError, match="`kernel_size` has 3 numbers. Expected one"):
        outline(small_cnn, (32, 32, 3), kernel_size=(3, 3, 3), filters=(4, 4))


def random_twin(ours, theirs):
    """Give both networks the same weights, and inputs in [0, 255]."""
    random = np.random.default_rng(0)
    weights = [
        np.abs(w) + 0.5 if "moving_variance" in v.path else w
        for v, w in zip(theirs.weights, theirs.get_weights(), strict=True)
    ]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return random.uniform(0, 255, (2, *ours.input_shape[1:])).astype("float32")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("depth", "name"),
    [(16, "VGG16"), pytest.param(19, "VGG19", marks=pytest.mark.nightly)],
)
def test_vgg_answers_as_keras_does(depth, name):
    """The same weights give the logits of keras.applications."""
    ours = vgg(image_info((32, 32, 3), "abcde"), depth=depth)
    theirs = getattr(keras.applications, name)(
        weights=None, input_shape=(32, 32, 3), classes=5, classifier_activation=None
    )
    images = random_twin(ours, theirs)
    inputs = keras.applications.vgg16.preprocess_input(images.copy())
    np.testing.assert_allclose(ours(images), theirs(inputs), atol=1e-4)


@pytest.mark.nightly
def test_inception_v3_answers_as_keras_does():
    """The same weights give the logits of keras.applications."""
    ours = inception_v3(image_info((75, 75, 3), "abcde"))
    theirs = keras.applications.InceptionV3(
        weights=None, input_shape=(75, 75, 3), classes=5, classifier_activation=None
    )
    assert [w.shape for w in ours.weights] == [w.shape for w in theirs.weights]
    images = random_twin(ours, theirs)
    inputs = keras.applications.inception_v3.preprocess_input(images.copy())
    np.testing.assert_allclose(ours(images), theirs(inputs), atol=1e-4)


@pytest.mark.nightly
def test_inception_v3_with_pretrained_weights(shared_weights, shared_data):
    """On 250 photos our layers up to module 8 give what Keras' give."""
    import io

    from PIL import Image

    from tfapp.domains.images.pretrained.weights import load_backbone

    theirs = load_backbone("inception_v3", (224, 224, 3), output="mixed8")
    whole = inception_v3(image_info((224, 224, 3), "abcde"))
    ours = keras.Model(whole.input, whole.get_layer("mixed8").output)
    ours.set_weights(theirs.get_weights())
    (file,) = (shared_data / "imagenet_samples_224").glob("*.npz")
    packed = np.load(file)
    ends = packed["offsets"]
    files = [packed["data"][a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]
    for start in range(0, len(files), 50):
        batch = [
            np.asarray(Image.open(io.BytesIO(data.tobytes())).convert("RGB"))
            for data in files[start : start + 50]
        ]
        images = np.stack(batch).astype("float32")
        expected = theirs.predict_on_batch(images / 127.5 - 1.0)
        np.testing.assert_allclose(ours.predict_on_batch(images), expected, atol=1e-4)
