"""Arbitrary style: the layer, the network, what an export answers, its tables."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.domains.images.tiny import styled
from tfapp import recipes
from tfapp.base.errors import ConfigError, DataError, ModelError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.data.context import LoadContext
from tfapp.data.spec import DataInfo, InputSpec, Pass
from tfapp.domains.images.style.adain.data import check_pairs, styled_pictures
from tfapp.domains.images.style.adain.interface import (
    pair_signatures,
    read_pairs,
    said_style,
)
from tfapp.domains.images.style.adain.layers.adaptive_normalization import (
    AdaptiveNormalization,
)
from tfapp.domains.images.style.adain.loss import StatisticsLoss
from tfapp.domains.images.style.adain.models.adain_network import adain_network
from tfapp.domains.images.style.adain.preprocessor import PairPreprocessor
from tfapp.domains.images.style.adain.task import recoloured
from tfapp.domains.images.style.features.extraction import Extraction
from tfapp.export.spec import Exported
from tfapp.recipes.config import DataConfig
from tfapp.verbs.predict import predict
from tfapp.verbs.run import run

RANDOM = np.random.default_rng(0)


def info(height=48, width=64):
    """Return what a network for pictures and styles is built for."""
    shape = InputSpec((height, width, 3))
    return DataInfo({"image": shape, "style": shape}, (height, width), 3)


def network(**options):
    """Return a small network."""
    return adain_network(info(), layer="block2_relu1", **options)


def jpeg(size, color):
    """Return a picture file."""
    stream = io.BytesIO()
    Image.new("RGB", size, color).save(stream, "JPEG")
    return stream.getvalue()


def test_layer_gives_the_statistics_of_the_style():
    """They are those of NumPy to 1e-5; alpha 0 changes nothing, ½ is the mean."""
    content = RANDOM.normal(3, 2, (2, 9, 7, 5)).astype("float32")
    style = RANDOM.normal(-1, 4, (2, 6, 11, 5)).astype("float32")
    layer = AdaptiveNormalization(epsilon=0.0)
    whole, half, none = (
        np.asarray(layer(content, style, np.full((2, 1), a, "float32")))
        for a in (1.0, 0.5, 0.0)
    )
    for statistic in (np.mean, np.std):
        wanted = statistic(style.astype("float64"), axis=(1, 2))
        np.testing.assert_allclose(statistic(whole, axis=(1, 2)), wanted, atol=1e-5)
    np.testing.assert_array_equal(none, content)
    np.testing.assert_allclose(half, (whole + content) / 2, atol=1e-5)
    assert AdaptiveNormalization.from_config(layer.get_config()).epsilon == 0.0


def test_loss_is_that_of_numpy():
    """Statistics of every layer against the style's, features against their AdaIN."""
    names = ["block1_relu1", "block2_relu1"]
    extraction = Extraction("vgg_small", "tiny_imagenet", names)
    contents, styles, drawn = RANDOM.uniform(0, 255, (3, 2, 64, 48, 3)).astype("f4")
    loss = StatisticsLoss(extraction, 1.0, 10.0)
    own, wanted, plain = (
        {n: np.asarray(f, "f8") for n, f in extraction.of_batch(x / 255).items()}
        for x in (drawn, styles, contents)
    )

    def statistics(x):
        return x.mean(axis=(1, 2)), np.sqrt(x.var(axis=(1, 2)) + 1e-5)

    def relative(values, targets):
        pairs = [*zip(values, targets, strict=True)]
        axes = lambda x: tuple(range(1, x.ndim))  # noqa: E731
        far = sum(np.sum((v - t) ** 2, axes(v)) for v, t in pairs)
        return far / sum(np.sum(t**2, axes(t)) for t in targets)

    style = np.mean(
        [relative(statistics(own[n]), statistics(wanted[n])) for n in names], 0
    )
    (mean, deviation), (new_mean, new_deviation) = (
        [s[:, None, None] for s in statistics(x[names[-1]])] for x in (plain, wanted)
    )
    aligned = (plain[names[-1]] - mean) / deviation * new_deviation + new_mean
    content = relative([own[names[-1]]], [aligned])
    both = np.concatenate([contents, styles], axis=-1)
    expected = 10 * style + content
    np.testing.assert_allclose(np.asarray(loss.call(both, drawn)), expected, rtol=1e-3)
    zero = np.asarray(loss.losses(styles, styles, styles)[0])
    np.testing.assert_allclose(zero, 0.0, atol=1e-6)
    mean = recoloured({"image": contents / 3 + 80, "style": styles / 3 + 90})
    np.testing.assert_allclose(
        mean.mean(axis=(1, 2)), (styles / 3 + 90).mean(axis=(1, 2)), atol=0.1
    )


def test_export_answers_pictures_of_any_size():
    """Both JPEGs may have any size; alpha 0 and 1 differ; no style is refused."""
    with pytest.raises(ModelError, match="multiples of 2. Received: 51x64"):
        adain_network(info(51), layer="block2_relu1", weights="none")
    exported = Exported(network(), PairPreprocessor((48, 64)), info())
    signatures = pair_signatures(exported)
    content, style = jpeg((61, 47), "red"), jpeg((30, 99), "green")

    def draw(alpha, style=style):
        [answer] = (
            signatures["serving_default"]
            .function(
                image_bytes=tf.constant([content]),
                style_bytes=tf.constant([style]),
                alpha=tf.constant([alpha]),
            )["picture_bytes"]
            .numpy()
        )
        return np.asarray(Image.open(io.BytesIO(answer)))

    assert draw(1.0).shape == (47, 61, 3)
    assert (draw(1.0) != draw(0.0)).any()
    pair = signatures["pair"].function(
        image_bytes=tf.constant([content]), style_bytes=tf.constant([style])
    )
    other = np.asarray(Image.open(io.BytesIO(pair["picture_bytes"].numpy()[0])))
    np.testing.assert_array_equal(other, draw(1.0))
    for arguments, text in (((2.0,), "from 0 to 1"), ((1.0, b""), "style is missing")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=text):
            draw(*arguments)


def context(folder, table):
    """Return the circumstances of loading a tiny set."""
    config = DataConfig(kind="styled_pictures", **table["data"])
    return LoadContext(config, 0, None, folder / "cache")


@pytest.mark.slow
def test_styles_change_with_the_epoch(tmp_path):
    """Equal passes give equal pairs; the next epoch gives other styles; skips skip."""
    table = styled(tmp_path / "data").table
    place = context(tmp_path, table)
    dataset = styled_pictures(place, **table["data"]["options"])
    examples = dataset.examples["train"]

    def styles(**which):
        passes = dataset.batches(examples, Pass(**which))
        return np.concatenate([np.asarray(b["style"]) for b, _ in passes])

    first = styles(shuffle=True)
    np.testing.assert_array_equal(first, styles(shuffle=True))
    np.testing.assert_array_equal(first[4:], styles(shuffle=True, skip=1))
    numbers = dataset.style_of(examples)
    assert set(numbers) == {0, 1}
    assert (dataset.style_of(examples, 1) != numbers).all()
    plain = dataset.batches(examples, Pass())
    inputs = [batch for batch, _ in plain]
    pixels = np.concatenate([np.asarray(b["style"]) for b in inputs])
    for one, number in zip(pixels, numbers, strict=True):
        [raw] = [
            dataset.raw(e) for e in examples if dataset.style_of([e])[0] == number
        ][:1]
        fitted = dataset.preprocessor({k: tf.constant([v]) for k, v in raw.items()})
        np.testing.assert_array_equal(one, fitted["style"][0])
    assert check_pairs(place).bad_share == 0
    table["data"]["options"]["styles"] = str(tmp_path / "nowhere")
    refused = "".join(check_pairs(context(tmp_path, table)).lines())
    assert "data.options.styles" in refused


def test_what_is_said_next_to_a_file(tmp_path):
    """A style, alpha and tables of pairs; each mistake names what is wrong."""
    (tmp_path / "a.jpg").write_bytes(jpeg((50, 50), "red"))
    said = said_style({"style": str(tmp_path / "a.jpg"), "alpha": "0.5"})
    assert said["alpha"] == 0.5
    assert said["style_bytes"][:2] == b"\xff\xd8"
    for wrong, text in (
        ({"styl": "a"}, "takes no 'styl'"),
        ({"alpha": "2"}, "from 0 to 1"),
        ({"alpha": "much"}, "from 0 to 1"),
        ({"style": str(tmp_path / "b.jpg")}, "no style"),
    ):
        with pytest.raises(ConfigError, match=text):
            said_style(wrong)
    preprocessor = PairPreprocessor((48, 48))
    table = tmp_path / "t.csv"
    for text, error in (
        ("path,styl\na.jpg,a.jpg", "no column 'style'"),
        ("path,style\n", "no rows"),
        ("path,style\na.jpg,b.jpg", "line 2: there is no style"),
        ("path,style,alpha\na.jpg,a.jpg,7", "line 2: `alpha`"),
    ):
        table.write_text(text)
        with pytest.raises(DataError, match=error):
            [*read_pairs(table, preprocessor)]


@pytest.mark.nightly
def test_learns_and_draws(tmp_path):
    """A short run lowers the loss, and its export draws what a table names."""
    tiny = styled(tmp_path / "data")
    recipe = recipes.build(
        {**tiny.table, "name": "tiny", "task": "arbitrary_style"}, where="tiny"
    )
    quiet = Reporter(quiet=True)
    places = {"runs_folder": tmp_path / "runs", "reporter": quiet}
    result = run(recipe, saved_models=tmp_path / "models", **places)
    history = json.loads((result.folder / "metrics.json").read_text())["run"]
    losses = [epoch["loss"] for epoch in history["phases"][0]["epochs"]]
    assert losses[-1] < losses[0]
    answers = predict(
        str(result.saved_model), tiny.inputs, out=tmp_path / "drawn", **places
    )
    assert len(answers.rows) == 2
    for row in answers.rows:
        with Image.open(row.columns["picture"]) as image:
            assert image.size == (48, 44)
    with pytest.raises(TfappError):
        predict(
            str(result.saved_model),
            [str(tmp_path / "data" / "pictures" / "0.png")],
            fields={"alpha": "9"},
            out=tmp_path / "drawn",
            **places,
        )
