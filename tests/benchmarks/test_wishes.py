"""The experiments on capsules: what they show, measure, resample and keep."""

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from wishes import affine, digits, drawings, faces
from wishes.book import Book
from wishes.training import difference


@pytest.fixture
def layouts(monkeypatch):
    """What is drawn: for each picture, the places' numbers with their parts."""
    seen = []

    def face(random, parts, places):
        numbers = [faces.PLACES.index(place) for place in places]
        seen.append(dict(zip(numbers, parts, strict=True)))
        return np.zeros((faces.SIDE, faces.SIDE), np.uint8)

    monkeypatch.setattr(faces, "_face", face)
    return seen


def in_place(layout):
    """Count the parts that stand where they belong."""
    return sum(faces.PARTS[place] == part for place, part in layout.items())


def test_scrambled_faces_have_the_same_parts_and_hardly_any_in_place(layouts):
    """Counting parts does not find them; only places do."""
    faces.scrambled(200, 0)
    assert {tuple(sorted(found.values())) for found in layouts} == {
        ("eye", "eye", "mouth", "nose")
    }
    assert max(map(in_place, layouts)) <= 1


def test_what_misses_parts_has_the_others_in_place(layouts):
    """Places tell nothing here; only the count does."""
    faces.missing(200, 0)
    assert {len(found) for found in layouts} == {1, 2, 3}
    assert all(in_place(found) == len(found) for found in layouts)


def test_no_training_face_is_scrambled(layouts):
    """What counts as no face never has all four parts."""
    whole = Counter(faces.PARTS)
    for kind in faces.OTHERS:
        layouts.clear()
        found = faces.training_set(kind, 100, 0)
        assert found.labels.tolist() == [0] * 100 + [1] * 100
        assert all(Counter(one.values()) != whole for one in layouts[:100])
        assert all(in_place(one) == 4 for one in layouts[100:])


def of(images, labels=None):
    """Return pictures as digits."""
    count = len(images)
    labels = np.zeros(count, int) if labels is None else np.asarray(labels)
    return digits.Digits(np.asarray(images, np.uint8), labels)


def test_a_bent_digit_lies_where_its_pose_says():
    """The middle of its ink is read independently."""
    dot = np.zeros((20, 28, 28, 1))
    dot[:, 12:16, 12:16] = 200
    bent, poses = digits.bent(of(dot), 40, 3)
    rows, columns = np.indices((40, 40))
    ink = bent.images[..., 0].astype(float)
    for axis, moved in ((rows, poses.down), (columns, poses.right)):
        middle = (ink * axis).sum((1, 2)) / ink.sum((1, 2))
        np.testing.assert_allclose(middle, 19.5 + moved, atol=0.05)


def test_two_digits_over_each_other_are_of_two_classes():
    """Ink adds up to white at most."""
    random = np.random.default_rng(0)
    ten = of(random.integers(0, 256, (10, 28, 28, 1)), np.arange(10) % 3)
    both, alone, classes, labels = digits.overlaid(ten, 30, 1)
    assert (classes[:, 0] != classes[:, 1]).all()
    np.testing.assert_array_equal(labels.sum(1), 2)
    total = alone.astype(int).sum(1).clip(max=255)
    np.testing.assert_array_equal(both, total)


def test_digits_of_each_class_and_again():
    """No digit is drawn twice; all are repeated equally."""
    labels = np.repeat(np.arange(10), 5)
    many = of(np.arange(50)[:, None, None, None] * np.ones((1, 2, 2, 1)), labels)
    few = digits.of_each_class(many, 3, 0)
    assert Counter(few.labels.tolist()) == dict.fromkeys(range(10), 3)
    assert len(np.unique(few.images[:, 0, 0, 0])) == 30
    again = digits.repeated(few, 4)
    assert Counter(again.labels.tolist()) == dict.fromkeys(range(10), 12)
    np.testing.assert_array_equal(again.images[30:60], few.images)


@pytest.mark.parametrize(
    ("change", "middle", "most"),
    [(partial(digits.shifted, most=2), 4, 2), (partial(digits.placed, side=15), 7, 3)],
)
def test_moves_are_whole_pixels_and_black_comes_in(change, middle, most):
    """In both directions, each picture by itself, and no ink is lost."""
    one = np.zeros((200, 9, 9, 1), np.uint8)
    one[:, 4, 4] = 7
    moved = change(one, np.random.default_rng(0))
    places = np.argwhere(moved[..., 0] == 7)[:, 1:]
    assert moved.sum() == 200 * 7
    assert moved.shape[1:] == (2 * middle + 1, 2 * middle + 1, 1)
    assert len(np.unique(places, axis=0)) == (2 * most + 1) ** 2
    assert abs(places - middle).max() == most


def test_drawings_are_told_apart_if_each_is_nearer_to_its_own():
    """Swapped drawings are wrong, and so is the same one for both."""
    random = np.random.default_rng(0)
    alone = random.integers(0, 256, (4, 2, 6, 6, 1)).astype(np.uint8)
    over = (alone[:, 0], alone, np.zeros((4, 2), int), np.zeros((4, 10)))
    drawn = alone.copy()
    drawn[1] = drawn[1, ::-1]  # swapped
    drawn[2, 1] = drawn[2, 0]  # the same one twice
    assert drawings.told_apart(drawn, over).tolist() == [1, 0, 0, 1]


def test_traits_of_a_slanted_bar():
    """Angle and deviation of a bar are known."""
    rows, columns = np.indices((41, 41))
    angle = 0.3
    across = columns - 20 + np.tan(angle) * (rows - 20)  # its top leans to the right

    def bar(half):
        smooth = np.clip(half + 0.5 - abs(across), 0, 1)
        return smooth * (abs(rows - 20) <= 12)

    thin, thick = drawings.traits(bar(1.0)), drawings.traits(bar(3.0))
    assert thin["slant"] == pytest.approx(angle, abs=0.01)
    assert thick["thickness"] > 1.5 * thin["thickness"]
    spread = np.sqrt(np.var(np.tan(angle) * np.arange(-12, 13)) + (2 * 3.0) ** 2 / 12)
    assert thick["width"] == pytest.approx(2 * spread, rel=0.02)


def test_the_interval_draws_seeds_and_examples_anew():
    """As a plain bootstrap in two loops does."""
    random = np.random.default_rng(5)
    ours = (random.random((5, 300)) < random.normal(0.8, 0.05, (5, 1))).astype(float)
    theirs = (random.random((5, 300)) < 0.7).astype(float)
    paired = ours - theirs
    means = [
        paired[random.integers(0, 5, 5)][:, random.integers(0, 300, 300)].mean()
        for _ in range(4000)
    ]
    told = difference(list(ours), list(theirs))
    numbers = told.replace("points", "").replace("(95 %", "").replace("to", "")
    found = [float(n) for n in numbers.strip(" )").split()]
    expected = [paired.mean(), *np.quantile(means, (0.025, 0.975))]
    np.testing.assert_allclose(found, np.multiply(expected, 100), atol=0.5)


def test_what_is_in_the_book_is_not_sought_again(tmp_path):
    """Other settings are another page."""
    sought = []

    def find(seed):
        sought.append(seed)
        return {"right": np.full(3, seed)}

    for seeds in (2, 3, 3):
        found = Book(tmp_path, "10").look_up("few", "cnn", seeds, find)
    assert sought == [0, 1, 2]
    assert [one["right"].tolist() for one in found] == [[0] * 3, [1] * 3, [2] * 3]
    Book(tmp_path, "20").look_up("few", "cnn", 1, find)
    assert sought == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("shares", "equal"), [([0.4, 0.7, 0.6, 0.9], 0.7), ([0.1, 0.2, 0.3, 0.4], 0.4)]
)
def test_equal_accuracy_is_that_of_the_first_epoch_that_reaches_it(
    monkeypatch, shares, equal
):
    """And that of the last epoch if none does."""
    plain = of(np.full((3000, 28, 28, 1), 9))
    monkeypatch.setattr(digits, "mnist", lambda: (plain, plain))

    def train(network, learnt, seed, *, epochs, change, after_epoch):
        assert len(learnt.labels) == 500
        for share in shares:
            after_epoch(share)
        return shares[-1]

    monkeypatch.setattr(affine, "train", train)
    monkeypatch.setattr(affine, "right", lambda share, shown: np.full(3, share))
    found = affine.Course(500, 20, epochs=4).run("cnn_compute", 0.5, seed=0)
    for what in affine.MEASURED:
        assert found[f"{what} {affine.EQUAL}"].mean() == pytest.approx(equal)
        assert found[f"{what} {affine.LAST}"].mean() == pytest.approx(shares[-1])


def test_a_pose_is_read_off_the_capsule_of_the_true_class(monkeypatch):
    """A linear code is read back; noise is not."""
    random = np.random.default_rng(0)
    labels = np.arange(600) % 10
    poses = random.normal(size=(3, 600))
    capsules = random.normal(size=(600, 10, 4))
    capsules[np.arange(600), labels, 0] = poses[0] * (1 + labels)
    capsules[np.arange(600), labels, 1] = poses[1] - labels
    parts = SimpleNamespace(capsules=lambda images: capsules)
    monkeypatch.setattr(affine, "capsule_parts", lambda model: parts)
    bent = of(np.zeros((600, 2, 2, 1)), labels)
    right, down, turn = affine.readable(None, bent, digits.Poses(*poses))
    assert right > 0.95
    assert down > 0.95
    assert turn < 0.2
