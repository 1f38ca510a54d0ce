"""Which mask belongs to which image."""

import unicodedata

import pytest

from tfapp.domains.images.segmentation.layout.pairing import match_names

NUMBERS = ("07", "10", "11", "120")


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("{}", "{}"),
        ("{}", "{}_mask"),
        ("{}", "mask_{}"),
        ("img{}", "mask{}"),
        ("{}_training", "{}_manual1"),
        ("case_{}_0000", "case_{}"),
        ("FudanPed{}", "FudanPed{}_mask"),
        ("IMG_{}", "img_{}"),
        ("IMG_{}", "img_{}_MASK"),
        ("photo {} a", "x-{}-y"),
        ("{}_sat", "{}_gt"),
        ("{}", "sub/{}"),
    ],
)
def test_one_prefix_or_ending_pairs_all(image, mask):
    """Numbers stay whole, whatever stands around them."""
    expected = {image.format(n): mask.format(n) for n in NUMBERS}
    assert match_names(list(expected), sorted(expected.values())) == expected


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        (["10", "11"], ["20", "21"]),
        (["a1", "a2", "a3"], ["b7", "b8", "b9"]),
        (["cat", "car"], ["dot", "dog"]),
        (["x"], ["y_mask"]),
    ],
)
def test_other_names_stay_alone(images, masks):
    """Numbers and words are never cut in the middle."""
    assert match_names(images, masks) == {}


def test_letters_of_both_cases_are_paired_where_one_is_meant():
    """Of two that differ in case alone none is chosen; equal names come first."""
    assert match_names(["A", "B"], ["a", "b"]) == {"A": "a", "B": "b"}
    assert match_names(["A", "a"], ["a", "A"]) == {"A": "A", "a": "a"}
    assert match_names(["A"], ["Á", "aA"]) == {}
    assert match_names(["Ab", "x"], ["ab", "aB", "x"]) == {"x": "x"}


def test_forms_of_unicode():
    """MacOS writes é as two characters."""
    composed, apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    assert match_names([composed], [apart]) == {composed: apart}


def test_nearly_all_is_enough():
    """An image without a mask and a mask without an image hinder no other."""
    images = [f"{n}_training" for n in range(20)]
    masks = [f"{n}_manual1" for n in range(1, 21)]
    assert match_names(images, masks) == {
        f"{n}_training": f"{n}_manual1" for n in range(1, 20)
    }
    assert match_names(images[:5], masks[3:8]) == {}
