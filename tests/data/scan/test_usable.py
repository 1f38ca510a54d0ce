"""Which examples are usable: faults, contradictions, copies across splits."""

from dataclasses import dataclass

import pytest

from tfapp.data.listing import Source
from tfapp.data.scan import equal_content, usable_examples
from tfapp.data.spec import Example


@dataclass(frozen=True)
class HashFacts:
    """A content hash, or a fault."""

    content_hash: str
    fault: str = ""
    detail: str = ""
    stamp: str = ""


def look(*rows):
    """Return what becomes of examples, given as (name, split, target, content)."""
    examples = tuple(Example(n, split, target=target) for n, split, target, _ in rows)
    facts = {name: HashFacts(content) for name, _, _, content in rows}
    facts = {
        n: f if f.content_hash else HashFacts("", "torn", "x.")
        for n, f in facts.items()
    }
    return usable_examples(Source("notes", None, examples, ()), facts)


def kinds(usable):
    """Return {name: kind of problem}."""
    return {problem.path: problem.kind for problem in usable.problems}


def test_sound_examples_stay():
    """They receive their content hash; nothing is reported."""
    usable = look(("a", "", "x", "1"), ("b", "", "y", "2"))
    assert [e.content_hash for e in usable.examples] == ["1", "2"]
    assert usable.readable == usable.examples
    assert usable.problems == usable.duplicates == ()


def test_faults_are_left_out():
    """An example that cannot be read is counted and named."""
    usable = look(("a", "", "x", ""), ("b", "", "x", "2"))
    assert kinds(usable) == {"a": "torn"}
    source = Source("notes", None, (*usable.examples, Example("a")), ())
    assert usable.counts(source) == {
        "files": 2,
        "usable": 1,
        "unusable": 1,
        "left out": 1,
    }


def test_contradicting_copies_all_go():
    """Equal content with two targets teaches nothing."""
    usable = look(("a", "", "x", "1"), ("b", "", "y", "1"), ("c", "", "y", "2"))
    assert kinds(usable) == {"a": "conflicting labels", "b": "conflicting labels"}
    assert [e.name for e in usable.examples] == ["c"]
    assert len(usable.readable) == 3


@pytest.mark.parametrize(
    ("splits", "left"),
    [
        (("train", "test"), "b"),
        (("test", "validation"), "a"),
        (("validation", "train"), "a"),
    ],
)
def test_the_copy_that_would_be_learned_goes(splits, left):
    """Of copies in given splits those nearest to the test stay."""
    usable = look(("a", splits[0], "x", "1"), ("b", splits[1], "x", "1"))
    assert [e.name for e in usable.examples] == [left]
    assert list(kinds(usable).values()) == ["copy across splits"]


def test_copies_in_one_split_are_noted():
    """They stay, with one note for all."""
    usable = look(*((name, "", "x", "1") for name in "abc"))
    assert len(usable.examples) == 3
    (note,) = usable.problems
    assert (note.path, note.kind, note.severity) == ("a", "duplicate", "note")
    assert "the same content as b, c" in note.detail


def test_groups_of_equal_content():
    """In the order of their first examples; single ones make no group."""
    a, b, c = (Example(n, content_hash=h) for n, h in ("a1", "b2", "c1"))
    assert equal_content([a, b, c]) == ((a, c),)
