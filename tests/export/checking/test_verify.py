"""Answers of an exported model, asked as the process that verifies it asks."""

import numpy as np
import tensorflow as tf

from tfapp.export.checking import verify
from tfapp.export.signatures import DEFAULT, call


def test_the_signature_of_most_requests_alone_is_optimised(exported, tiny, monkeypatch):
    """The others share its network, and optimising each takes half a second."""
    files = np.array([tiny.encode(tiny.pictures()[0])], object)
    pixels = np.zeros((1, 8, 8, 3), np.uint8)
    questions = {
        DEFAULT: [{"image_bytes": files}],
        "serve_images": [{"images": pixels}],
    }
    seen = set()

    def noted(function, inputs):
        options = tf.config.optimizer.get_experimental_options()
        seen.add((*inputs, options.get("disable_meta_optimizer", False)))
        return call(function, inputs)

    monkeypatch.setattr(verify, "call", noted)
    monkeypatch.setattr(verify, "replay", lambda ask, folder: 0)
    answers = verify.answer(exported.path, questions)
    assert set(answers.outputs) == {DEFAULT, "serve_images"}
    assert seen == {("image_bytes", False), ("images", True)}
