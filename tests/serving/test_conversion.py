"""TIFF becomes what a graph reads, for models whose card says that they take images."""

import base64
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.serving.conftest import running
from tfapp.domains.images.reading.conversion import decodable
from tfapp.serving.conversion import converted, converter, has_foreign
from tfapp.serving.status import RequestError


def tiff(side=8, value=60):
    """Return an encoded image of one value."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (value,) * 3).save(buffer, "TIFF")
    return buffer.getvalue()


def test_only_foreign_content_is_converted():
    """Texts and numbers stay; an error is the client's."""
    column = np.array([b"text", tiff()], object)
    inputs = {"image_bytes": column, "x": np.zeros(2)}
    assert has_foreign(inputs)
    assert not has_foreign({"x": np.zeros(2), "t": np.array([b"text"], object)})
    changed = converted(inputs, decodable, 100)
    assert changed["x"] is inputs["x"]
    assert changed["image_bytes"][0] == b"text"
    assert changed["image_bytes"][1].startswith(b"\x89PNG")
    assert inputs["image_bytes"] is column
    assert has_foreign({"audio_bytes": np.array([b"fLaC and more"], object)})
    with pytest.raises(RequestError, match="File 1: 8 x 8 pixels are above"):
        converted(inputs, decodable, 63)


def test_the_card_says_whether_a_model_takes_images():
    """A model without a card, or of something else, gets what the client sends."""
    converters = {"image/*": decodable}
    card = {"interface": {"media_type": "image/*"}}
    assert converter(converters, card) is decodable
    for other in ({}, {"interface": "x"}, {"interface": {"media_type": "text/*"}}):
        assert converter(converters, other) is None


def test_a_server_answers_tiff(saved_models, tmp_path):
    """Files as they are, forms and JSON; without a card the graph's own error."""
    for name in ("image", "plain"):
        shutil.copytree(saved_models / "image", tmp_path / name)
    card = {"interface": {"media_type": "image/*", "outputs": {}}}
    (tmp_path / "image" / "1" / "tfapp.json").write_text(json.dumps(card))
    limits = {"max_image_pixels": 10_000}
    converters = {"image/*": decodable}
    with running(
        tmp_path, limits=limits, log="off", converters=converters, grpc_port=0
    ) as client:
        large = tiff(90)  # of more than what is read on the event loop
        assert client.predict("image", tiff()) == (
            200,
            {"predictions": [{"mean": 60.0, "height": 8}]},
        )
        rows = [{"b64": base64.b64encode(data).decode()} for data in (tiff(), large)]
        status, answer = client.predict("image", {"instances": rows})
        assert (status, [r["height"] for r in answer["predictions"]]) == (200, [8, 90])
        status, answer = client.predict("image", tiff(101))
        assert status == 400
        assert "101 x 101 pixels are above" in answer["error"]
        assert client.predict("plain", tiff())[0] == 400
