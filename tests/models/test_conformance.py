"""What every model must do; a model without a row here fails the first test."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import keras
import numpy as np
import pytest

from tests.domains.graphs.networks import DENSE, LISTED, dense_graphs, listed_graphs
from tfapp.base.registry import union
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.export.keras_file import load_model, save_model
from tfapp.layers.outputs import logits_model
from tfapp.recipes.config import ModelConfig
from tfapp.tasks.build import build_model

MODELS = union("MODELS")
LARGE = ["captioner_transfer", "inception_v1", "inception_v3"]
"""Models of a hundred layers: most of their checks run at night."""
SMALL = [name for name in MODELS if name not in LARGE]
ALL = [
    *SMALL,
    *(pytest.param(name, marks=pytest.mark.nightly) for name in LARGE),
]


@dataclass(frozen=True)
class Case:
    """A tiny network of one model.

    Args:
        options: of its builder.
        input_shape: of one example.
        parameters: its number of weights, counted by hand.
        answer_shape: of its answers to one example, without the last axis.
        input_name: of its only input.
        largest: value of its inputs.
        ids: name → form of each input, where the inputs are ids; sides without a
            length are five long.
        steps: of answers that are as long for all examples; None where they differ.
        batch: returns so many random inputs, by a seed, where those of `ids` are more
            than ids.
    """

    options: dict
    input_shape: tuple
    parameters: int
    answer_shape: tuple = ()
    input_name: str = "image"
    largest: float = 255.0
    ids: Mapping[str, InputSpec] = field(default_factory=dict)
    batch: Callable[[int, int], dict] | None = None
    steps: int | None = None


SOUNDS = {"waveform": InputSpec((None,)), "samples": InputSpec((), "int32")}


def sounds(count, seed):
    """Return random waveforms of 800 samples: six frames at 16 kHz."""
    waveform = np.random.default_rng(seed).uniform(-1, 1, (count, 800))
    return {
        "waveform": waveform.astype("float32"),
        "samples": np.full(count, 800, "int32"),
    }


def pictures_and_styles(count, seed):
    """Return random pairs of pictures."""
    pairs = np.random.default_rng(seed).uniform(0, 255, (2, count, 32, 32, 3))
    return dict(zip(("image", "style"), pairs.astype("float32"), strict=True))


CASES = {
    # 27x32 and 9x32x64, four for each filter: the encoder; 9x64x32+32 and 9x32x32+32 on
    # either side of the enlarging, picture 9x32x3+3
    "adain_network": Case(
        {"weights": "none", "layer": "block2_relu1"},
        (),
        864 + 128 + 18432 + 256 + 18464 + 9248 + 867,
        (32, 32),
        ids={name: InputSpec((32, 32, 3)) for name in ("image", "style")},
        batch=pictures_and_styles,
        steps=32,
    ),
    # width 1/16, two towers of 6, 16, 24, 24 and 16 filters, 256 units twice:
    # 9x3x6+6, 25x3x16+16, 9x16x24+24, 9x12x24+24, 9x12x16+16, 16x256+256,
    # 256x256+256, 256x3+3
    "alexnet": Case(
        {"width": 0.0625, "kernel_size": 3, "strides": 1},
        (29, 29, 3),
        168 + 1216 + 3480 + 2616 + 1744 + 64 * 256 + 256 + 65_792 + 771,
    ),
    # width 1/32: convolutions of 2, 2, 6; 3a of 2, 3, 4, 1, 1, 1 and so on: a sum over
    # Table 1, checked at full width against the paper
    "inception_v1": Case({"width": 0.03125, "kernel_size": 3}, (32, 32, 3), 7003),
    # the same of every convolution and its batch normalisation
    "inception_v3": Case(
        {"width": 0.03125, "strides": 1, "auxiliary_heads": True}, (39, 39, 3), 23_489
    ),
    # as in the paper, but for three random bitmaps of 84
    "lenet5": Case({}, (28, 28, 1), 60_000 + 3 * 84),
    # 61,706 of which 84x7+7 belong to the other seven classes
    "lenet5_modern": Case({}, (28, 28, 1), 61_706 - 595),
    # 27x2+2, then 9x2x4+4, 9x4x8+8, 9x8x8+8, 9x8x16+16, 9x16x16+16 three times;
    # 16x128+128, 128x128+128, 128x3+3
    "vgg": Case(
        {"depth": 11, "width": 0.03125, "normalization": "tf"},
        (32, 32, 3),
        56 + 76 + 296 + 584 + 1168 + 3 * 2320 + 2176 + 16_512 + 387,
    ),
    # 3x3x1x4+4 = 40, 3x3x4x8+8 = 296; 2x2x2 capsules: 8x3x4x4 = 384;
    # decoder 12x5+5 = 65, 5x64+64 = 384
    # convolution 3x9x2 with 4 numbers a filter to normalise: 54+8; scale 2x2; places
    # (2+2)x4+4; vectors 4x3; LSTM 4x4x(3+4+1); attention 4x4+4x4+4+4; starts twice
    # 4x4+4; (4+4)x4+4; logits 4x3+3
    "captioner": Case(
        {"filters": [2], "units": 4, "embedding_units": 3, "beams": 2},
        (16, 16, 3),
        54 + 8 + 4 + 20 + 12 + 128 + 40 + 40 + 36 + 15,
        (5,),
        steps=5,
    ),
    # as above, behind the 2,257,984 of MobileNetV2 and its 1280 numbers of a place:
    # scale 2x1280; places 1282x4+4
    "captioner_transfer": Case(
        {"weights": "none", "units": 4, "embedding_units": 3, "beams": 2},
        (64, 64, 3),
        2_257_984 + 2560 + 5132 + 12 + 128 + 40 + 40 + 36 + 15,
        (5,),
        steps=5,
    ),
    "capsnet": Case(
        {
            "filters": 4,
            "kernel_size": 3,
            "capsules": 2,
            "capsule_dim": 4,
            "class_dim": 4,
            "decoder_units": [5],
        },
        (8, 8, 1),
        1169,
    ),
    # 25x2+2 = 52, 9x2x4+4 = 76, 9x4x4+4 = 148, 9x4x8+8 = 296, batch norm 4x18 = 72;
    # depthwise 8+8 = 16; 2 capsules: 2x3x4x4 = 96 and 6; decoder 65, 5x121+121 = 726
    "efficient_capsnet": Case(
        {
            "filters": [2, 4, 4, 8],
            "capsule_dim": 4,
            "class_dim": 4,
            "decoder_units": [5],
        },
        (11, 11, 1),
        1553,
    ),
    # 25x64+64 = 1664, 65x17x8 = 8840, 9x8x16x16+32 = 18,464, 9x16x16x16+32 = 36,896,
    # 16x3x16+6 = 774
    "matrix_capsules": Case({}, (17, 17, 1), 66_638),
    # 8x8x4x16+16 = 4112, 4x4x16x32+32 = 8224, 32x256+256 = 8448, 256x3+3 = 771
    "dqn_2013": Case({}, (20, 20, 4), 21_555, input_name="observations", largest=1.0),
    # 8224, 4x4x32x64+64 = 32,832, 9x64x64+64 = 36,928, 64x512+512 = 33,280, 512x3+3
    "dqn_2015": Case({}, (36, 36, 4), 112_803, input_name="observations", largest=1.0),
    # 9x4x16+16 = 592, 4x16x128+128 = 8320, 128x3+3 = 387
    "minatar_dqn": Case({}, (4, 4, 4), 9299, input_name="observations", largest=1.0),
    # 4x5+5 = 25, 5x6+6 = 36, 6x3+3 = 21
    "value_perceptron": Case(
        {"units": (5, 6)}, (4,), 82, input_name="observations", largest=1.0
    ),
    # 3x3x3x4+4 = 112, 3x3x4x8+8 = 296, 2x2x8x16+16 = 528, 16x3+3 = 51
    "small_cnn": Case(
        {"filters": [4, 8], "padding": "same", "units": 16}, (8, 8, 3), 987
    ),
    # 81x3x2 = 486, 9x2x4 = 72, 9x4x8 = 288, a block of 9x8x8 twice = 1152, back 9x8x4
    # = 288 and 9x4x2 = 72, picture 81x2x3+3 = 489; two for each filter of all but the
    # last: 2x(2+4+8+8+8+4+2) = 72
    "style_network": Case({"width": 2, "blocks": 1}, (32, 32, 3), 2847 + 72, (32, 32)),
    # MobileNetV2 without top 2,257,984; scaling 2x1280; logits 1280x3+3
    "transfer": Case({"weights": "none"}, (32, 32, 3), 2_257_984 + 2560 + 3843),
    # pairs 2x3x3x(1x4+4x4) etc.: 40+148, 296+584, bottom 1168+2320, grow 520 and 132,
    # up 1160+584 and 292+148, logits 4x3+3
    "unet": Case({"width": 4, "depth": 2}, (60, 60, 1), 7407, (20, 20)),
    # 8 steps to 4: 8x4+4 = 36, and the level to 4: 1x4+4 = 8
    "linear_forecaster": Case({}, (8, 3), 44, (4,), "history", 1.0),
    # segments of 2: 2x4+4 = 12, GRU 3x4x(4+4)+2x12 = 120, head over states and level
    # (4+1)x4+4 = 24
    "recurrent_forecaster": Case(
        {"units": 4, "segment": 2}, (8, 3), 156, (4,), "history", 1.0
    ),
    # characters 3x3, LSTM 4x4x(3+4+1), logits 4x3+3; of 9 n-grams of one and two
    # characters keys and mass 9+9, with the root shares 10, and first children 11
    "recurrent_language_model": Case(
        {"units": 4, "embedding_units": 3, "ngram_order": 2},
        (),
        9 + 128 + 15 + 39,
        (5,),
        ids={"ids": InputSpec((None,), "int32", 3)},
    ),
    # words 7x3, characters 6x2 and filters 3x2x3+3, affixes 5x2; LSTM twice
    # 4x4x(8+4+1); tags 8x3+3; wide path 5x9 and 7x15; transitions 3x3
    "recurrent_tagger": Case(
        {
            "units": 4,
            "word_units": 3,
            "character_units": 2,
            "character_filters": 3,
            "piece_units": 2,
            "crf": True,
        },
        (),
        21 + 12 + 21 + 10 + 416 + 27 + 45 + 105 + 9,
        (5,),
        ids={
            "words": InputSpec((None,), "int32", 7),
            "characters": InputSpec((None, 4), "int32", 6),
            "pieces": InputSpec((None, 3), "int32", 5),
        },
    ),
    # vectors 7x3 and 4x3; GRU twice 3x4x(3+4+2), start 8x4+4; attention 8x4+4x4+4+4;
    # (4+8)x4+4, logits 4x3+3; the decoder's GRU 108
    "recurrent_translator": Case(
        {"units": 4, "embedding_units": 3, "beams": 2},
        (),
        21 + 12 + 216 + 36 + 56 + 52 + 15 + 108,
        (5,),
        ids={"source": InputSpec((None,), "int32", 7)},
        steps=5,
    ),
    # two channels of vectors 2x10x4 = 80; widths 2 and 3 over them: 2x8x2+2 = 34 and
    # 3x8x2+2 = 50; logits 4x3+3 = 15; keys, weights and bias of 5 n-grams 5+15+3 = 23
    "sentence_cnn": Case(
        {"channels": "both", "filters": 2, "widths": [2, 3], "ngrams": 0.5},
        (),
        202,
        ids={"words": InputSpec((6,), "int32", 10)},
    ),
    # vectors 10x4 = 40; two LSTMs of 3 units: 2x(4x3x(4+3)+12) = 192; logits 6x3+3 = 21
    "recurrent_classifier": Case(
        {"units": 3, "dims": 4},
        (),
        253,
        ids={"words": InputSpec((6,), "int32", 10)},
    ),
    # 4 features to 2 units, 2 to 3 classes, no bias
    "gcn": Case({"units": 2}, (), 8 + 6, (5,), ids=LISTED, batch=listed_graphs),
    "appnp": Case({"units": 2}, (), 8 + 6, (5,), ids=DENSE, batch=dense_graphs),
    # and a gate over 3 classes
    "dagnn": Case({"units": 2}, (), 8 + 6 + 4, (5,), ids=LISTED, batch=listed_graphs),
    "node_perceptron": Case(
        {"units": 2}, (), 8 + 6, (5,), ids=DENSE, batch=dense_graphs
    ),
    # 9x1x2 and 9x2x2 without bias, twice 8 of normalisation; 4 bands of 2 maps, largest
    # and mean: 16x4+4 = 68; logits 4x3+3 = 15; the ridge 2 rows of 800 and of 3, scale
    "audio_cnn": Case(
        {
            "bands": 8,
            "filters": [2],
            "units": 4,
            "warp_frequency": 0.1,
            "warp_tempo": 0.1,
            "ridge": 0.5,
        },
        (800,),
        18 + 36 + 16 + 68 + 15 + 1600 + 6 + 1,
        (),
        "waveform",
        1.0,
    ),
    # 5x3x3x4+4 = 184; 6 bands pooled to 2; 5x3x2x6+6 = 186; 6x8+8 = 56; logits 15
    "speech_cnn": Case(
        {"filters": [2, 3], "units": [4], "bands": 5},
        (),
        184 + 186 + 56 + 15,
        (6,),
        ids=SOUNDS,
        batch=sounds,
    ),
    # two directions of 4x2x(4+2+1) = 56; logits 2 directions of 2: 4x3+3 = 15
    "speech_blstm": Case(
        {"units": 2, "depth": 1, "bands": 4, "warp_frequency": 0.1},
        (),
        2 * 56 + 15,
        (6,),
        ids=SOUNDS,
        batch=sounds,
    ),
    # 27x4 = 108 and 4x4, 27x4x8 = 864 and 4x8; 8 left: 8x8x5+5 = 325; logits 5x3+3
    "voxel_cnn": Case(
        {"filters": [4, 8], "units": 5},
        (8, 8, 8, 1),
        108 + 16 + 864 + 32 + 325 + 18,
        input_name="volume",
        largest=1.0,
    ),
    # 1/64 of the filters: 27x1x1+1, 27x1x2+2, 27x2x4+4 and 27x4x4+4 twice; 32
    # units over 4 maps of 1x1x1: 4x32+32, 32x32+32, logits 32x3+3
    "c3d": Case(
        {"layout": "scratch", "width": 1 / 64},
        (4, 16, 16, 1),
        28 + 56 + 220 + 436 + 436 + 160 + 1056 + 99,
        input_name="frames",
    ),
    # 27x2x4 and 4x4, 27x4x8 and 4x8; 3 frames of 8: 24x5+5; logits 5x3+3
    "clip_cnn": Case(
        {"filters": [4, 8], "units": 5},
        (4, 8, 8, 1),
        216 + 16 + 864 + 32 + 125 + 18,
        input_name="frames",
    ),
    # MobileNetV2 without top 2,257,984; pairs of 4 filters with batch norm, over
    # 1280+576, 4+192, 4+144, 4+96 and 4+3 maps; logits 4x3+3
    "unet_transfer": Case(
        {"weights": "none", "filters": [4, 4, 4, 4, 4]},
        (32, 32, 3),
        2_257_984 + 36 * (1856 + 196 + 148 + 100 + 7) + 5 * (144 + 32) + 15,
        (32, 32),
    ),
}


def build(name):
    """Build the tiny network of a model, for three classes, with all its outputs."""
    case = CASES[name]
    inputs = case.ids or {case.input_name: InputSpec(case.input_shape)}
    shape = (case.steps,) * len(case.answer_shape) if case.ids else case.answer_shape
    start = {
        "vectors": np.random.default_rng(0).normal(0, 1, (10, 4)),
        "ngrams": (np.array([2, 3, 4, 5, 46]), np.eye(5, 3), np.arange(3.0)),
        "text": np.array([1, 2, 1, 2, 0]),
        "kernel_ridge": lambda: [np.eye(2, 800), np.eye(2, 3), np.float32(9)],
        "validation_text": np.array([1, 0, 2]),
    }
    keras.utils.set_random_seed(0)
    info = DataInfo(inputs, shape, 3, tuple("abc"), "", start)
    return build_model(ModelConfig(name=name, options=case.options), info)


def images(name, count=2, seed=0):
    """Return random inputs for a model."""
    generator, case = np.random.default_rng(seed), CASES[name]
    if case.batch is not None:
        return case.batch(count, seed)
    if not case.ids:
        shape = (count, *case.input_shape)
        return generator.uniform(0, case.largest, shape).astype("float32")
    found = {
        key: generator.integers(
            1, spec.num_values, (count, *(side or 5 for side in spec.shape))
        ).astype(spec.dtype)
        for key, spec in case.ids.items()
    }
    return found if len(found) > 1 else found.popitem()[1]


def write_inputs(path, inputs):
    """Write one array, or arrays by name, as one .npz file."""
    np.savez(path, **(inputs if isinstance(inputs, dict) else {"only": inputs}))


def test_every_model_has_a_case():
    """The set of tested names is the registry."""
    assert set(CASES) == set(MODELS)


@pytest.mark.parametrize("name", ALL)
def test_shape_and_parameters(name):
    """One float32 logit per class, and exactly the weights counted by hand."""
    model = build(name)
    logits = logits_model(model)(images(name))
    assert logits.shape == (2, *CASES[name].answer_shape, 3)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert model.count_params() == CASES[name].parameters


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_gradients_are_finite(name):
    """A training step changes weights and leaves every one finite."""
    model = logits_model(build(name))
    before = [w.numpy() for w in model.trainable_weights]
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, run_eagerly=True)  # tracing it all takes longer
    classes = np.ones((2, *CASES[name].answer_shape), int)
    classes[0] = 0
    model.train_on_batch(images(name), np.eye(3, dtype="float32")[classes])
    after = [w.numpy() for w in model.trainable_weights]
    assert all(np.isfinite(a).all() for a in after)
    assert any((a != b).any() for a, b in zip(after, before, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_mixed_precision_keeps_float32_logits(name):
    """Under mixed_bfloat16 the logits stay float32 and near the float32 ones."""
    exact = build(name)
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        mixed = build(name)
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(exact.get_weights())
    logits, expected = (logits_model(m)(images(name)) for m in (mixed, exact))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    np.testing.assert_allclose(logits, expected, atol=0.1, rtol=0.01)


READ = """
import sys, numpy as np
from pathlib import Path
from tfapp.layers.outputs import logits_model
from tfapp.export.keras_file import load_model
folder, suffix = Path(sys.argv[1]), sys.argv[2]
for file in sorted(folder.glob("*.keras")):
    model = logits_model(load_model(file))
    inputs = dict(np.load(file.with_suffix(".in.npz")))
    logits = model.predict_on_batch(inputs.get("only", inputs))
    np.save(file.with_suffix(suffix), logits)
"""


@pytest.fixture(
    scope="module", params=[SMALL, pytest.param(LARGE, marks=pytest.mark.nightly)]
)
def saved(tmp_path_factory, request):
    """A folder with models, inputs, and their answers: one reader takes them all."""
    folder = tmp_path_factory.mktemp("networks")
    for name in request.param:
        model = build(name)
        _shake(model)
        save_model(model, folder / f"{name}.keras")
        write_inputs(folder / f"{name}.in.npz", images(name))
        logits = logits_model(model).predict_on_batch(images(name))
        np.save(folder / f"{name}.out.npy", logits)
    return folder


@pytest.mark.slow
def test_models_read_back_the_same_in_a_fresh_process(saved):
    """Saved models answer alike in a process that never built them."""
    _run(READ, saved, ".fresh.npy")
    _compare(saved, ".fresh.npy", 1e-5)


@pytest.mark.slow
def test_models_answer_alike_on_the_jax_backend(saved):
    """Models import Keras only: JAX reads the same files and gives the same logits."""
    pytest.importorskip("jax", reason="the extra 'jax' is not installed")
    quick = (
        "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    )
    _run(READ, saved, ".jax.npy", KERAS_BACKEND="jax", XLA_FLAGS=quick)
    _compare(saved, ".jax.npy", 1e-3)


def _compare(folder, suffix, tolerance):
    for file in folder.glob("*.keras"):
        name = file.stem
        answers = np.load(folder / f"{name}{suffix}")
        expected = np.load(folder / f"{name}.out.npy")
        np.testing.assert_allclose(
            answers,
            expected,
            rtol=1e-5,  # of pixels that an untrained network draws, thousands
            atol=tolerance,
            err_msg=f"{name} answers otherwise",
        )


def test_loading_what_is_no_model(tmp_path):
    """A missing or damaged file is one clear line."""
    from tfapp.base.errors import ModelError

    with pytest.raises(ModelError, match="No Keras model at"):
        load_model(tmp_path / "none.keras")
    path = tmp_path / "bad.keras"
    path.write_bytes(b"no zip")
    with pytest.raises(ModelError, match=r"bad\.keras is no Keras model"):
        load_model(path)


def _shake(model):
    """Move every weight away from its start, so that a lost one would show."""
    random = np.random.default_rng(1)
    moved = [
        w + 0.01 * random.uniform(0, 1, w.shape) if w.dtype.kind == "f" else w
        for w in model.get_weights()
    ]
    model.set_weights(moved)


def _run(code, *arguments, **variables):
    subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        env=os.environ | variables,
        stderr=subprocess.DEVNULL,
    )
