"""Two devices of JAX learn what one learns."""

import pytest
import tomli_w

from tests.domains.images.tiny import photos

CODE = """
import json, sys, time
from pathlib import Path
import numpy as np
from tests.runs.workers.process import train
found = {}
for name in ("single", "mirrored"):
    weights, history = train(Path(sys.argv[1]), name)
    found[name] = [np.concatenate([a.ravel() for a in weights["train"]]).tolist()]
    found[name].append([row["val_loss"] for row in history["train"]])
import jax
found["devices"] = jax.device_count()
print(json.dumps(found))
"""


@pytest.mark.nightly
def test_two_devices_learn_what_one_learns(tmp_path, in_fresh_process):
    """The last batch of training and of validation divides unevenly."""
    pytest.importorskip("jax")
    tiny = photos(tmp_path / "photos")
    tiny.table["data"]["augmentation"] = {}
    for name in ("single", "mirrored"):
        runtime = {"backend": "jax", "strategy": name, "precision": "float32"}
        table = {"task": "image_classification", **tiny.table, "runtime": runtime}
        (tmp_path / f"{name}.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    flags = "--xla_force_host_platform_device_count=2"
    found = in_fresh_process(CODE, tmp_path, KERAS_BACKEND="jax", XLA_FLAGS=flags)
    assert found["devices"] == 2
    for ours, theirs in zip(found["mirrored"], found["single"], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-6)
