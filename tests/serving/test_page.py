"""The page in a headless Chromium, used as a person uses it."""

import base64
import io
import json
import wave

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.serving.browser import CHROMIUM, Browser
from tests.serving.conftest import running, save

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
HEARD = """import("/page/microphone.js").then((microphone) => {
    const file = microphone.wavOf(new Float32Array([0, 0.5, -1, 2]), 8000);
    return btoa(String.fromCharCode(...new Uint8Array(file)));
})"""
HEIGHTS = [0, 16383, -32767, 32767]
"""Of the samples above in 16 bits."""
SHOWN = "!document.getElementById('{}').hidden"


def classifier(folder):
    """Write a classifier by brightness that can explain itself."""

    def serve(image_bytes):
        def one(data):
            pixels = tf.io.decode_image(data, channels=3, expand_animations=False)
            return tf.reduce_mean(tf.cast(pixels, tf.float32)) / 255

        light = tf.map_fn(one, image_bytes, fn_output_signature=tf.float32)
        names = tf.tile([["dark", "<b>light</b>"]], [tf.shape(light)[0], 1])
        shares = tf.stack([1 - light, light], axis=-1)
        return {"probabilities": shares, "classes": names}

    def explain(image_bytes):
        return {"picture_bytes": image_bytes}

    spec = {"image_bytes": tf.TensorSpec((None,), tf.string)}
    return save(folder, {"serving_default": (serve, spec), "explain": (explain, spec)})


def forecaster(folder):
    """Write a model of texts: it answers with a text, numbers, a picture and tags."""

    def serve(text):
        count = tf.strings.length(text)
        numbers = tf.cast(count, tf.float32)[:, None] / [3.0, 1.0]
        picture = tf.io.encode_png(tf.zeros((2, 4, 1), tf.uint8))
        pictures = tf.fill([tf.shape(text)[0]], picture)
        return {
            "upper": tf.strings.upper(text),
            "lengths": numbers,
            "map_bytes": pictures,
            "rows": tf.tile([["x", "y", ""]], [tf.shape(text)[0], 1]),
            "columns": tf.tile([["a", " ", ""]], [tf.shape(text)[0], 1]),
            "where": tf.tile(
                [[[0.9, 0.1, 0], [0, 1.0, 0], [0, 0, 0]]], [tf.shape(text)[0], 1, 1]
            ),
            **{
                name: tf.tile([row], [tf.shape(text)[0], 1])
                for name, row in tags.items()
            },
        }

    tags = {
        "probabilities": [0.3, 0.9, 0.4],
        "tags": ["ant", "field", "tree"],
        "thresholds": [0.5, 0.5, 0.35],
    }

    spec = {"text": tf.TensorSpec((None,), tf.string)}
    save(folder, {"serving_default": (serve, spec)})
    outputs = {"upper": "text", "lengths": "numbers", "map_bytes": "pictures"}
    outputs |= {"probabilities": "tags", "where": "attention"}
    interface = {"media_type": "text/plain", "outputs": outputs}
    (folder / "tfapp.json").write_text(json.dumps({"interface": interface}))


def mixer(folder):
    """Write a model of two pictures and a share: it answers with the second of them."""

    def serve(image_bytes, style_bytes, alpha):
        kept = tf.where(tf.math.is_nan(alpha), style_bytes, image_bytes)
        return {"picture_bytes": kept, "size": tf.strings.length(image_bytes)}

    spec = {
        name: tf.TensorSpec((None,), tf.string)
        for name in ("image_bytes", "style_bytes")
    }
    spec["alpha"] = tf.TensorSpec((None,), tf.float32)
    save(folder, {"serving_default": (serve, spec)})
    interface = {"media_type": "image/*", "outputs": {"picture_bytes": "pictures"}}
    (folder / "tfapp.json").write_text(json.dumps({"interface": interface}))


@pytest.fixture(scope="module")
def models(tmp_path_factory, saved_models):
    """A folder with a classifier and a model of numbers."""
    folder = tmp_path_factory.mktemp("page_models")
    classifier(folder / "light" / "1")
    forecaster(folder / "texts" / "1")
    mixer(folder / "mixed" / "1")
    (folder / "numbers").symlink_to(saved_models / "affine")
    return folder


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A grey picture."""
    path = tmp_path_factory.mktemp("photo") / "it's grey.png"
    Image.new("RGB", (40, 30), (191, 191, 191)).save(path)
    return path


@pytest.fixture
def browser(tmp_path):
    """A Chromium."""
    found = Browser(tmp_path / "profile")
    yield found
    found.close()


def text_of(browser, name):
    """Return the visible text of an element."""
    return browser.run(f"document.getElementById('{name}').innerText")


def choose(browser, name, value):
    """Choose an option, as a person does."""
    browser.run(
        f"{{const box = document.getElementById('{name}'); box.value = '{value}';"
        "box.dispatchEvent(new Event('change'));}"
    )


@pytest.mark.slow
def test_a_picture_is_classified_and_explained(models, photo, browser, tmp_path):
    """Bars, the whole answer, curl, the picture of the explanation; no scripts run."""
    with running(models, log="off") as client:
        browser.open(f"http://127.0.0.1:{client.rest_port}/")
        browser.wait_for(SHOWN.format("try"))
        assert text_of(browser, "health") == "4 of 4 models serving"
        browser.choose_file("#file", photo)
        browser.wait_for(SHOWN.format("result"))
        assert text_of(browser, "verdict") == "<b>light</b>, 74.9 %"
        assert text_of(browser, "bars").split("\n")[::2]
        assert "light, version latest (1)" in text_of(browser, "facts")
        browser.run("document.getElementById('curl-box').open = true")
        curl = text_of(browser, "curl")
        assert curl.startswith("curl -H 'Content-Type: image/png' --data-binary")
        assert "'@it'\\''s grey.png'" in curl
        browser.run("document.getElementById('explain').click()")
        browser.wait_for("document.querySelector('#views img')?.naturalWidth == 40")
        assert text_of(browser, "verdict") == "<b>light</b>, 74.9 %"  # bars stay
        assert text_of(browser, "views") == "picture"
        browser.screenshot(tmp_path / "page.png")
        picture = Image.open(io.BytesIO((tmp_path / "page.png").read_bytes()))
        assert min(picture.size) > 500
        assert browser.errors == []


DROP = """(async () => {
    const canvas = new OffscreenCanvas(20, 10);
    canvas.getContext("2d").fillRect(0, 0, 20, 10);
    const files = new DataTransfer();
    const data = [await canvas.convertToBlob()];
    files.items.add(new File(data, "dark.png", {type: "image/png"}));
    const box = document.getElementById("drop");
    box.dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true}));
})()"""


@pytest.mark.slow
def test_a_picture_is_dropped(models, browser):
    """It is shown, named and classified at once."""
    with running(models, log="off") as client:
        browser.open(f"http://127.0.0.1:{client.rest_port}/")
        browser.wait_for(SHOWN.format("try"))
        browser.run(DROP)
        browser.wait_for(SHOWN.format("result"))
        assert text_of(browser, "verdict") == "dark, 100.0 %"
        assert (
            browser.run("document.getElementById('file').files[0].name") == "dark.png"
        )
        browser.wait_for("document.getElementById('preview').naturalWidth == 20")


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_juts_out_of_a_screen(models, photo, browser, width):
    """Of a phone or a desk, with an answer and an explanation on it."""
    with running(models, log="off") as client:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.do("Emulation.setDeviceMetricsOverride", **size)
        browser.open(f"http://127.0.0.1:{client.rest_port}/")
        browser.wait_for(SHOWN.format("try"))
        browser.choose_file("#file", photo)
        browser.wait_for(SHOWN.format("result"))
        browser.run("document.getElementById('explain').click()")
        browser.wait_for("document.querySelector('#views img')")
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run("document.querySelector('.track').offsetWidth") > width / 3


@pytest.mark.slow
def test_numbers_are_typed_and_mistakes_explained(models, browser):
    """JSON of the right shape is there to start from; errors are read aloud."""
    with running(models, log="off") as client:
        browser.open(f"http://127.0.0.1:{client.rest_port}/")
        browser.wait_for(SHOWN.format("try"))
        choose(browser, "model", "numbers")
        assert browser.run("document.getElementById('text').value") == "[[0.5,0.5]]"
        browser.run("document.getElementById('predict').click()")
        browser.wait_for(SHOWN.format("result"))
        assert "2.0" in text_of(browser, "raw") or "2" in text_of(browser, "raw")
        for typed, message in (("[[1,2,3]]", "must have shape"), ("[", "no JSON")):
            browser.run(f"document.getElementById('text').value = '{typed}'")
            browser.run("document.getElementById('predict').click()")
            browser.wait_for(SHOWN.format("error"))
            assert message in text_of(browser, "error")


@pytest.mark.slow
def test_the_card_decides_what_is_taken_and_shown(models, browser):
    """A model of texts gets a box to type in; its outputs are shown by their views."""
    with running(models, log="off") as client:
        browser.open(f"http://127.0.0.1:{client.rest_port}/")
        browser.wait_for(SHOWN.format("try"))
        choose(browser, "model", "texts")
        assert browser.run("document.getElementById('drop').hidden")
        browser.run("document.getElementById('text').value = 'abcd'")
        browser.run("document.getElementById('predict').click()")
        browser.wait_for(SHOWN.format("result"))
        shown = text_of(browser, "views")
        assert "ABCD" in shown
        assert "1.33333" in shown
        assert browser.run("document.querySelector('#views img').alt") == "map"
        cells = "[...document.querySelectorAll('.attention td[title]')]"
        assert browser.run(f"{cells}.map((td) => td.title)")[:2] == ["90.0 %", "10.0 %"]
        assert browser.run(f"{cells}.length") == 4
        assert text_of(browser, "verdict") == "field, 90.0 %; tree, 40.0 %"
        chosen = "[...document.querySelectorAll('#bars li')].map((li) => li.className)"
        assert browser.run(chosen) == ["chosen", "chosen", ""]
        assert not browser.run("document.getElementById('raw-box').open")
        assert browser.run("document.getElementById('record').hidden")
        with wave.open(io.BytesIO(base64.b64decode(browser.run(HEARD)))) as file:
            assert (file.getnchannels(), file.getframerate()) == (1, 8000)
            assert np.frombuffer(file.readframes(9), "<i2").tolist() == HEIGHTS
        assert browser.errors == []


@pytest.mark.slow
def test_a_further_picture_is_chosen_next_to_the_first(
    models, photo, browser, tmp_path
):
    """Nothing is asked before both are there; an empty number is not known."""
    Image.new("RGB", (24, 16), "red").save(tmp_path / "style.png")
    with running(models, log="off") as client:
        browser.open(f"http://127.0.0.1:{client.rest_port}/")
        browser.wait_for(SHOWN.format("try"))
        choose(browser, "model", "mixed")
        assert "style" in text_of(browser, "fields")
        browser.choose_file("#file", photo)
        browser.run("document.getElementById('predict').click()")
        browser.wait_for(SHOWN.format("error"))
        assert "Choose a file for style_bytes" in text_of(browser, "error")
        browser.choose_file("#field-style_bytes", tmp_path / "style.png")
        browser.wait_for("document.querySelector('#views img')?.naturalWidth == 24")
        browser.run("document.getElementById('curl-box').open = true")
        curl = text_of(browser, "curl")
        assert curl.count("base64 -w0 '") == 2
        assert "base64 -w0 'style.png'; printf %s '\"},\"alpha\":NaN}]" in curl
        assert browser.errors == []


@pytest.mark.slow
def test_the_token_is_asked_for_on_the_page(models, browser, tmp_path):
    """And kept for the tab alone."""
    (tmp_path / "token").write_text("geheim")
    options = {"token_file": str(tmp_path / "token"), "log": "off"}
    with running(models, **options) as client:
        browser.open(f"http://127.0.0.1:{client.rest_port}/")
        browser.wait_for(SHOWN.format("token-form"))
        browser.run("document.getElementById('token').value = 'geheim'")
        browser.run("document.getElementById('token-form').requestSubmit()")
        browser.wait_for(SHOWN.format("try"))
        assert browser.run("localStorage.length") == 0


@pytest.mark.slow
def test_everything_has_a_name_for_those_who_do_not_see_it(models, browser):
    """Each control, picture and region is named, as the browser itself computes it."""
    with running(models, log="off") as client:
        browser.open(f"http://127.0.0.1:{client.rest_port}/")
        browser.wait_for(SHOWN.format("try"))
        nodes = browser.do("Accessibility.getFullAXTree")["nodes"]
        roles = {"button", "combobox", "textbox", "image", "link", "table"}
        for node in nodes:
            role = node.get("role", {}).get("value")
            if role in roles and role != "table" and not node.get("ignored"):
                assert node.get("name", {}).get("value"), node
        found = {node.get("role", {}).get("value") for node in nodes}
        assert {"main", "heading", "combobox", "button"} <= found
        assert browser.run("document.documentElement.lang") == "en"
