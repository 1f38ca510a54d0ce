"""Sheets: everything is drawn, and nothing collides."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from tfapp.domains.images.explanation.sheet import Sheet
from tfapp.domains.images.explanation.spec import Finding, Heat, Photo, Picture
from tfapp.report.style import look, to_png

NAMES = ("a class with quite a long name, in fact", "β $5 bill_$", "c")


def make_sheet(shape, classes=(1, 0), num_photos=5, maps=True):
    """Return a sheet with maps of each class and photos."""
    picture = Picture(np.zeros(shape, np.uint8), np.zeros(3), classes)
    heats = tuple(
        heat
        for i in classes
        for heat in (
            Heat("Grad-CAM", np.eye(4), i, False, "share of the peak"),
            Heat("Occlusion", np.eye(4) - 0.5, i, True, "log-odds lost when covered"),
        )
    )
    photo = np.zeros((240, 160, 3), np.uint8)
    photos = (Photo(photo, f"{NAMES[0][:22]}\ndistance 0.123"),) * num_photos
    findings = [Finding("maps", [], heats if maps else ())]
    findings.append(Finding("photos", [], (), photos, "Nearest training pictures"))
    shares = np.array([0.2, 0.7, 0.1])
    return Sheet("a picture with a long name " * 4, picture, shares, NAMES, findings)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((160, 160, 3), {}),
        ((8, 8, 1), {"classes": (2,), "num_photos": 3}),
        ((100, 220, 3), {"num_photos": 0}),
        ((220, 100, 3), {"num_photos": 7}),
        ((64, 64, 3), {"maps": False}),
    ],
)
def test_texts_do_not_collide(shape, options):
    """No text touches another one, a picture, or the edge of the sheet."""
    figure = make_sheet(shape, **options).draw()
    with look():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
    images = [a.get_window_extent(renderer) for a in figure.axes if a.images]
    texts = [t for t in figure.texts if t.get_text()]
    bars = [axes for axes in figure.axes if not axes.images]
    texts += [label for bar in bars for label in bar.get_xticklabels()]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts]
    for (one, first), (other, second) in combinations(boxes, 2):
        assert not first.overlaps(second), (one, other)
    for text, box in boxes:
        assert not any(box.overlaps(image) for image in images), text
        assert box.x0 >= 0, text
        assert box.x1 <= figure.bbox.width, text
        assert box.y0 >= 0, text
    for first, second in combinations(images, 2):
        assert not first.overlaps(second)


def test_a_row_for_each_class_that_was_asked_about():
    """Two classes: two rows of picture and maps; photos below."""
    one, two = make_sheet((64, 64, 3), classes=(1,)), make_sheet((64, 64, 3))
    pictures = [sum(bool(a.images) for a in s.draw().axes) for s in (one, two)]
    assert pictures == [3 + 5, 6 + 5]
    titles = [text.get_text() for text in two.draw().texts]
    assert "Occlusion: β $5 bill_$" in titles
    assert any(title.startswith("Prediction: β $5 bill_$: 70.0") for title in titles)
    assert to_png(two.draw(), 40).startswith(b"\x89PNG")
