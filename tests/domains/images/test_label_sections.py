"""Galleries of confusing pairs and of doubtful labels."""

from dataclasses import replace

import numpy as np

from tfapp.domains.images.label_sections import audit_section, pairs_section


def test_pairs_show_two_photos_of_each_class(judged_classifier):
    """Mistaken test photos, the surest first, then training photos of the other."""
    logits = np.array([[0.0, 2, 0], [0, 5, 0], [0, 3, 0], [0, 9, 0], [0, 0, 1]])
    splits = {
        "train": ([0, 0, 0, 1, 1, 1, 1, 2, 2, 2], np.zeros((10, 3))),
        "test": ([0, 0, 0, 1, 2], logits),
    }
    results, dataset = judged_classifier(("ant", "bee", "cow"), splits)
    section = pairs_section(results, dataset)
    (gallery,) = section.blocks
    assert gallery.title == "ant taken for bee: 3 times, 100.0 %".replace(
        " %", "\u00a0%"
    )
    assert [tile.path for tile in gallery.tiles] == [
        "test/1.png",
        "test/2.png",
        "train/3.png",
        "train/5.png",
    ]
    assert (
        pairs_section(
            *judged_classifier(("ant", "bee"), {"test": ([0], logits[:1, :2])})
        )
        is None
    )


def test_doubtful_labels_are_shown_with_what_they_look_like(judged_classifier):
    """In the order of doubt; without an audit there is no section."""
    splits = {"train": ([0, 1], np.zeros((2, 2))), "test": ([0], np.eye(2)[:1])}
    results, dataset = judged_classifier(("ant", "bee"), splits)
    assert audit_section(results, dataset) is None
    row = {"label": "bee", "suggested": "ant", "margin": -3.0}
    first = [row | {"name": "train/1.png"}, row | {"name": "gone.png"}]
    audit = {"examples": 2, "contradicted": 1, "first": first}
    results = replace(results, figures=results.figures | {"label_audit": audit})
    section = audit_section(results, dataset)
    (gallery,) = section.blocks
    assert [tile.caption for tile in gallery.tiles] == ["bee → ant?"]
