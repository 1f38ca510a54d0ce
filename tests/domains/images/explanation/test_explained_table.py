"""What `tfapp explain` prints."""

import json
from pathlib import Path
from types import SimpleNamespace

from tfapp.cli import show
from tfapp.domains.images.explanation.explained import (
    ClassShares,
    Explanation,
    Explanations,
)

FINDING = SimpleNamespace(  # in place of a `Finding`: its file starts TensorFlow
    summary="Grad-CAM peaks in the centre", facts=[{"class": "dog"}]
)
FOUND = Explanations(
    run=Path("runs/pets/1"),
    folder=Path("runs/pets/1/explanations"),
    class_names=("cat", "dog"),
    kinds={"gradcam": {"layer": "out_relu", "grid": [5, 5]}},
    rows=(
        Explanation(
            ClassShares("a [b].jpg", {"cat": 0.2, "dog": 0.8}),
            Path("runs/pets/1/explanations/a [b].png"),
            {"gradcam": FINDING},
        ),
        Explanation(ClassShares("c.txt", {}, "not an image that can be decoded")),
    ),
    notes=("neighbours left out: no data",),
)


def test_a_row_per_picture(capsys):
    """Label, probability, reasons and sheet; an error stands where reasons would."""
    show.explanations(FOUND, False)
    out = capsys.readouterr().out
    for text in ("a [b].jpg", "dog", "80.0%", "peaks in the centre", "a [b].png"):
        assert text in out
    assert "not an image that can be decoded" in out
    assert out.endswith("written to   runs/pets/1/explanations\n")


def test_json_for_scripts(capsys):
    """The same as explanations.json would hold of this call."""
    show.explanations(FOUND, True)
    told = json.loads(capsys.readouterr().out)
    assert told == FOUND.to_json()
    assert told["pictures"][0]["top"] == {"dog": 0.8, "cat": 0.2}
    assert told["pictures"][0]["gradcam"] == [{"class": "dog"}]
    assert told["pictures"][1] == {
        "path": "c.txt",
        "error": "not an image that can be decoded",
    }
