"""What `fit` compares with the recipe that its rules choose."""

from tfapp import recipes
from tfapp.domains.images.classification.candidates import (
    alternatives,
    comparing_seconds,
    title,
)
from tfapp.recipes.plan import Machine

TABLE = {
    "data": {"options": {"image_size": [224, 224]}},
    "model": {"name": "transfer", "options": {"extractor": "mobilenet_v2"}},
    "fine_tune": {
        "head": {"solver": "exact", "views": 2},
        "thaw": {"from_layer": "block_10_expand", "learning_rate": 1e-3, "epochs": 4},
    },
}


def test_other_networks_come_before_other_sizes():
    """Each is a whole recipe; the rules' own table stays as it is."""
    found = alternatives(TABLE, ["mobilenet_v2", "inception_v3"])
    assert [other.name for other in found] == [
        "inception_v3 at 224 px",
        "mobilenet_v2 at 288 px",
        "mobilenet_v2 at 160 px",
    ]
    own = {"from_layer": "mixed7", "learning_rate": 3e-4, "epochs": 4}
    assert found[0].table["fine_tune"]["thaw"] == own
    assert found[1].table["fine_tune"] == TABLE["fine_tune"]
    assert title(TABLE) == "mobilenet_v2 at 224 px"
    for other in found:
        data = {"path": "x", **other.table["data"]}
        table = {**other.table, "task": "image_classification", "data": data}
        recipes.build(table, "fit")


def test_what_cannot_be_compared():
    """Heads that are trained step by step; sizes that the network does not take."""
    gradient = TABLE | {"fine_tune": {"head": {"views": 2}}}
    assert alternatives(gradient, ["inception_v3"]) == ()
    small = TABLE | {"data": {"options": {"image_size": [96, 96]}}}
    assert [a.name for a in alternatives(small, [])] == ["mobilenet_v2 at 160 px"]


def test_comparing_takes_a_part_of_the_budget():
    """Minutes without one, nothing where the budget is too small."""
    assert comparing_seconds(Machine()) == 240.0
    assert comparing_seconds(Machine(6.0)) == 70.0
    assert comparing_seconds(Machine(0.25)) == 0.0
