"""A model that stays loaded."""

import numpy as np
import pytest
from PIL import Image

import tfapp
from tfapp.base.errors import DataError, ModelError
from tfapp.base.reporter import Reporter
from tfapp.verbs.predict import predict

QUIET = Reporter(quiet=True)


@pytest.mark.nightly
def test_every_form_of_an_image_has_the_same_answer(workspace, photos):
    """Path, bytes, Pillow image and array, by SavedModel and run; as `predict`."""
    folder, result = workspace
    path = photos / "digit0.png"
    with Image.open(path) as image:
        image.load()
    forms = [path, str(path), path.read_bytes(), image, np.asarray(image)]
    for name in (result.saved_model, "digits"):
        model = tfapp.load(name, runs_folder=folder / "runs", reporter=QUIET)
        answers = model.predict(forms)
        assert all(answer == answers[0] for answer in answers)
        (row,) = predict(
            str(name), [str(path)], runs_folder=folder / "runs", reporter=QUIET
        ).rows
        assert model(path).columns == row.columns
    assert model.predict([]) == []


def test_mistakes_name_the_input(workspace, photos):
    """No file, no image, no numbers of an image: one line each."""
    folder, result = workspace
    model = tfapp.load(result.saved_model, reporter=QUIET)
    good = photos / "digit1.png"
    for bad, message in (
        ("none.png", "Input 2.*none.png.*cannot be read"),
        (photos / "broken.png", "Input 2.*broken.png.*Expected a JPEG"),
        (b"", r"Input 2 \(bytes\)"),
        (np.zeros((4, 4, 3), "float32"), r"Input 2 \(ndarray\).*float32 of shape"),
    ):
        with pytest.raises(DataError, match=message):
            model.predict([good, bad])
    with pytest.raises(ModelError, match="No model 'nothing'"):
        tfapp.load("nothing", runs_folder=folder / "runs", reporter=QUIET)
