"""The scan and its memory, on text files whose facts are their words."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.scan import Inspection, scan
from tfapp.data.spec import Example
from tfapp.recipes.config import DataConfig


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What the inspection of a text reports: a field of every kind."""

    stamp: str
    words: tuple[str, ...] = ()
    size: int = 0
    share: float = 0.0
    loud: bool = False
    fault: str = ""
    detail: str = ""
    content_hash: str = ""


class Inspector:
    """Inspects texts and counts how many."""

    def __init__(self, version="1"):
        self.looks = 0
        self.inspection = Inspection(TextFacts, self.look, version)

    def look(self, data, stamp):
        """Return the facts of a text."""
        self.looks += 1
        text = data.decode()
        words = tuple(text.split())
        return TextFacts(
            stamp, words, len(data), 0.5, text.isupper(), content_hash=text
        )


@pytest.fixture
def source(tmp_path):
    """Five text files."""
    folder = tmp_path / "notes"
    folder.mkdir()
    examples = []
    for number in range(5):
        path = folder / f"{number}.txt"
        path.write_text(f"NOTE {number}")
        examples.append(Example(str(path)))
    return Source(str(folder), folder, tuple(examples), ())


@pytest.fixture
def context(tmp_path):
    """Where memories are kept."""
    return LoadContext(DataConfig(path="notes"), 0, None, tmp_path / "cache")


def memory_of(context):
    """Return the one file of the memory."""
    (memory,) = (context.cache_dir / "scan").iterdir()
    return memory


def test_facts_of_every_example(source, context):
    """What the domain reports, by the name of the example."""
    facts = scan(source, context, Inspector().inspection)
    assert list(facts) == [e.name for e in source.examples]
    second = facts[source.examples[2].name]
    assert second.words == ("NOTE", "2")
    assert (second.size, second.share, second.loud) == (6, 0.5, True)


def test_only_changed_files_are_read_again(source, context):
    """The second scan reads nothing; a touched file is read alone."""
    inspector = Inspector()
    first = scan(source, context, inspector.inspection)
    assert inspector.looks == 5
    assert scan(source, context, inspector.inspection) == first
    assert inspector.looks == 5
    os.utime(source.examples[1].name, ns=(1, 1))
    scan(source, context, inspector.inspection)
    assert inspector.looks == 6


@pytest.mark.parametrize(
    "damage", ["", "{", "[1]", '{"a": [1]}', '{"a": 3}', "\xff", '["x","y"]']
)
def test_a_damaged_memory_is_rebuilt(source, context, damage):
    """Whatever the memory holds, the facts are right."""
    inspector = Inspector()
    first = scan(source, context, inspector.inspection)
    memory_of(context).write_text(damage, encoding="latin-1")
    assert scan(source, context, inspector.inspection) == first
    assert inspector.looks == 10
    scan(source, context, inspector.inspection)
    assert inspector.looks == 10


@pytest.mark.parametrize(
    ("old", "new"), [("6,", '"6",'), ("true", "1"), ('["NOTE"', '"NOTE",["x"')]
)
def test_a_field_of_another_type_costs_one_look(source, context, old, new):
    """A line whose values are not those of the facts counts as damaged."""
    inspector = Inspector()
    first = scan(source, context, inspector.inspection)
    memory = memory_of(context)
    text = memory.read_text()
    assert old in text
    memory.write_text(text.replace(old, new, 1))
    assert scan(source, context, inspector.inspection) == first
    assert inspector.looks == 6


def test_a_killed_scan_continues(source, context, monkeypatch):
    """What was inspected before the end is not inspected again."""
    monkeypatch.setattr("tfapp.data.scan.memory.SECONDS", 0.0)

    def kill(done, total):
        if done == 3:
            raise KeyboardInterrupt

    object.__setattr__(context, "progress", kill)
    with pytest.raises(KeyboardInterrupt):
        scan(source, context, Inspector().inspection)
    object.__setattr__(context, "progress", None)
    inspector = Inspector()
    assert len(scan(source, context, inspector.inspection)) == 5
    assert inspector.looks == 2


def test_a_line_cut_off_costs_one_look(source, context):
    """A crash in the middle of a line spoils that line alone."""
    first = scan(source, context, Inspector().inspection)
    memory = memory_of(context)
    memory.write_bytes(memory.read_bytes()[:-20])
    inspector = Inspector()
    for _ in range(2):
        assert scan(source, context, inspector.inspection) == first
        assert inspector.looks == 1


def test_lines_about_changed_files_do_not_pile_up(source, context):
    """The memory is written anew when a line no longer counts."""
    for stamp in range(1, 4):
        os.utime(source.examples[0].name, ns=(stamp, stamp))
        scan(source, context, Inspector().inspection)
    assert len(memory_of(context).read_text().splitlines()) == 5


def test_an_unwritable_cache_costs_only_time(source, context):
    """Without a place for the memory the scan goes on."""
    context.cache_dir.write_text("a file where the folder should be")
    assert len(scan(source, context, Inspector().inspection)) == 5


def test_another_version_is_another_memory(source, context):
    """Facts of another way to inspect are not taken over."""
    scan(source, context, Inspector("1").inspection)
    inspector = Inspector("2")
    scan(source, context, inspector.inspection)
    assert inspector.looks == 5


def test_progress_counts_to_the_end(source, context):
    """The caller receives every file, in order."""
    received = []
    object.__setattr__(context, "progress", lambda *counts: received.append(counts))
    scan(source, context, Inspector().inspection)
    assert received == [(number, 5) for number in range(1, 6)]


def test_vanished_and_forbidden_files(source, context):
    """A file that is gone, or a folder in its place, is missing; others go on."""
    first, second = (source.root / f"{number}.txt" for number in range(2))
    first.unlink()
    second.unlink()
    second.mkdir()
    facts = scan(source, context, Inspector().inspection)
    assert [f.fault for f in facts.values()] == ["missing", "missing", "", "", ""]


def test_a_fault_of_the_domain_is_no_crash(source, context):
    """A DataError of an inspection is reported as the fault of its example."""

    def refuse(data, stamp):
        raise DataError("no text.")

    facts = scan(source, context, Inspection(TextFacts, refuse, "1"))
    assert {(f.fault, f.detail) for f in facts.values()} == {("missing", "no text.")}


def test_files_that_swap_their_names_are_looked_at_again(source, context):
    """Each keeps its size and modification time, as `mv` leaves them."""
    one, other = (Path(e.name) for e in source.examples[:2])
    os.utime(other, ns=(one.stat().st_atime_ns, one.stat().st_mtime_ns))
    before = scan(source, context, Inspector().inspection)
    away = one.with_name("away")
    one.rename(away)
    other.rename(one)
    away.rename(other)
    assert one.stat().st_mtime_ns == other.stat().st_mtime_ns
    inspector = Inspector()
    after = scan(source, context, inspector.inspection)
    assert inspector.looks == 2
    assert after[str(one)].content_hash == before[str(other)].content_hash == "NOTE 1"


def test_a_change_that_hides_its_time_is_noticed(source, context):
    """Content of the same length, with the modification time put back."""
    path = Path(source.examples[0].name)
    scan(source, context, Inspector().inspection)
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text("NOTE 9")
    os.utime(path, ns=times)
    assert scan(source, context, Inspector().inspection)[str(path)].words[1] == "9"
