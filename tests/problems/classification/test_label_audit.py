"""The audit of labels names those that were planted."""

import numpy as np

from tfapp.problems.classification import label_audit
from tfapp.problems.classification.label_audit import label_margins, with_label_audit

NAMES = ("ant", "bee", "cow")


def planted(count=300, wrong=30):
    """Return features of three classes, labels of which some are wrong, and which."""
    random = np.random.default_rng(0)
    true = random.integers(0, 3, count)
    features = random.normal(size=(count, 20)) + 4.0 * np.eye(3, 20)[true]
    labels = true.copy()
    bad = random.permutation(count)[:wrong]
    labels[bad] = (true[bad] + random.integers(1, 3, wrong)) % 3
    return features, labels, bad, true


def test_planted_errors_come_first():
    """Nine of ten are in the first tenth, and their class is suggested."""
    features, labels, bad, true = planted()
    margins, suggested = label_margins(features, labels, 3)
    first = np.argsort(margins)[:30]
    assert len(np.intersect1d(first, bad)) >= 24
    both = np.intersect1d(first, bad)
    assert (suggested[both] == true[both]).mean() > 0.9
    assert (suggested != labels).all()


def test_a_copy_does_not_vouch_for_its_copy():
    """Copies with one wrong label are judged by others, if they are known as copies."""
    features, labels, bad, _ = planted(wrong=5)
    rows = np.concatenate([features, *[features[bad]] * 8])
    both = np.concatenate([labels, *[labels[bad]] * 8])
    units = np.concatenate([np.arange(300), *[bad] * 8])
    together, _ = label_margins(rows, both, 3, units)
    apart, _ = label_margins(rows, both, 3)
    assert together[bad].mean() < apart[bad].mean() - 0.4


def test_results_name_the_labels_to_check(judged_classifier, monkeypatch):
    """Names, labels and suggestions, in the order of doubt; a note says how many."""
    features, labels, bad, _ = planted(120, 6)
    splits = {
        split: (labels[part], np.zeros((len(labels[part]), 3)))
        for split, part in {
            "train": slice(0, 80),
            "validation": slice(80, 100),
            "test": slice(100, 120),
        }.items()
    }
    start = {"train": 0, "validation": 80}

    def inside(split, places):
        return features[start[split] + np.array(places)]

    judged = judged_classifier(NAMES, splits)
    results = with_label_audit(*judged, inside)
    audit = results.figures["label_audit"]
    assert audit["examples"] == 100
    assert audit["contradicted"] >= 4
    margins = [row["margin"] for row in audit["first"]]
    assert margins == sorted(margins)
    names = {
        f"train/{i}.png" if i < 80 else f"validation/{i - 80}.png"
        for i in bad
        if i < 100
    }
    assert len(names & {row["name"] for row in audit["first"][:8]}) >= len(names) - 1
    assert "check these first" in results.notes[-1]
    blind = with_label_audit(*judged, lambda split, places: None)
    assert "label_audit" not in blind.figures
    assert "not audited" in blind.notes[-1]
    monkeypatch.setattr(label_audit, "MOST_FITTED", 2)
    many = with_label_audit(*judged, inside)
    assert "label_audit" not in many.figures
    assert "features of at most 2 classes" in many.notes[-1]
