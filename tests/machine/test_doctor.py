"""The whole examination."""

import json

from tfapp.machine.doctor import examine


def test_the_order_is_stable_and_everything_is_json():
    """Two examinations look at the same things; scripts can read them."""
    first, second = examine(), examine()
    assert [finding.name for finding in first] == [finding.name for finding in second]
    read = json.loads(json.dumps([finding.to_json() for finding in first]))
    assert all(set(row) == {"name", "value", "status", "advice"} for row in read)
    assert {row["status"] for row in read} <= {"ok", "warning", "problem"}


def test_nothing_is_amiss_without_advice():
    """Whoever reads of a problem reads of the way out."""
    amiss = [finding for finding in examine() if finding.status != "ok"]
    assert all(finding.advice for finding in amiss)


def test_the_main_questions_are_answered():
    """The names that the documents speak of are there."""
    names = [finding.name for finding in examine()]
    wanted = {"Python", "tensorflow", "keras", "Keras backend", "processor", "cores"}
    assert wanted <= set(names)
    assert {"running on", "strategy"} <= set(names)
