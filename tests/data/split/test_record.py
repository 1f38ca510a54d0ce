"""The recorded split."""

import json
import shutil
from collections import Counter

import pytest

from tfapp.base.errors import DamageError, DataError
from tfapp.data.spec import Example
from tfapp.data.split import fingerprint, make_split
from tfapp.data.split.record import (
    apply_split,
    keep_record,
    limit_per_stratum,
    trained_hashes,
    write_split,
)
from tfapp.domains.images.check import examine
from tfapp.domains.images.reading.sources import open_source


@pytest.fixture
def recorded(make_folder, context_for, tmp_path):
    """Return (root, split file, function that applies it to the present data)."""
    root, path = make_folder({"cats": 6, "dogs": 6}), tmp_path / "run" / "split.json"
    context = context_for(root)

    def look():
        source = open_source(context)
        return source, examine(source, context)

    source, examined = look()
    examples = make_split(examined.usable.examples, context.config.split)
    write_split(path, examples, source, context.config.split)

    def apply():
        source, examined = look()
        return apply_split(path, examined.usable.readable, source)

    apply.expected = examples
    return root, path, apply


def test_what_was_written_is_read(recorded):
    """The same examples in the same splits; the file tells where they are from."""
    root, path, apply = recorded
    assert apply() == apply.expected
    stored = json.loads(path.read_text())
    assert stored["source"] == str(root)
    assert stored["fingerprint"] == fingerprint(apply.expected)
    assert stored["labels"] == ["cats", "dogs"]
    assert stored["examples"][0]["name"] == "cats/000.png"
    assert len(path.read_text().splitlines()) == 16 + len(stored["examples"])


def test_new_files_and_copies_change_nothing(recorded):
    """What came later is not used, even a copy that would be refused today."""
    root, _, apply = recorded
    shutil.copy(root / "cats/000.png", root / "dogs/later.png")
    assert apply() == apply.expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "cats/000.png").unlink(), "cats/000.png is gone"),
        (
            lambda root: shutil.copy(root / "dogs/000.png", root / "cats/000.png"),
            "cats/000.png has changed",
        ),
        (
            lambda root: (root / "cats/000.png").write_bytes(b""),
            "cats/000.png is gone or cannot be read",
        ),
        (
            lambda root: [f.unlink() for f in sorted((root / "cats").iterdir())[:5]],
            "and 2 more. Restore it, or begin a new run, without --resume",
        ),
    ],
)
def test_differing_data_is_refused(recorded, change, message):
    """A listed file that vanished or changed is named."""
    root, path, apply = recorded
    change(root)
    with pytest.raises(DataError, match=message) as caught:
        apply()
    assert str(path) in str(caught.value)


def edit(path, change):
    """Change the stored JSON; without its checksum, which would name it first."""
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))
    (path.parent / "checksums.json").unlink(missing_ok=True)


@pytest.mark.parametrize("key", ["target", "split", "content_hash"])
def test_edited_files_are_noticed(recorded, key):
    """Whatever was changed by hand, the file is not what the run was made with."""
    _, path, apply = recorded
    row = json.loads(path.read_text())["examples"][0]
    changed = {"target": "dogs", "split": "test", "content_hash": "0"}[key]
    changed = "train" if changed == row[key] else changed
    edit(path, lambda s: s["examples"][0].update({key: changed}))
    with pytest.raises(DataError, match="is not as it was written"):
        apply()


def test_removed_rows_and_unknown_splits_are_noticed(recorded):
    """A shorter list is another split, and so is a misspelled one."""
    _, path, apply = recorded
    text = path.read_text()
    edit(path, lambda s: s["examples"].pop())
    with pytest.raises(DataError, match="is not as it was written"):
        apply()
    path.write_text(text)
    edit(path, lambda s: s["examples"][0].update(split="trian"))
    with pytest.raises(DataError, match="is not as it was written"):
        apply()


def test_what_was_trained_on_is_known(recorded):
    """The hashes of the training examples alone."""
    _, path, apply = recorded
    trained = {e.content_hash for e in apply() if e.split == "train"}
    assert trained_hashes(path) == trained


def test_a_record_without_examples_is_kept_and_compared(tmp_path):
    """The same numbers pass, others are named, and so are their training hashes."""
    path, made = tmp_path / "split.json", {"source": "a.csv", "ends": ["1", "2"]}
    keep_record(path, made | {"trained": ["h"]})
    keep_record(path, made)
    assert trained_hashes(path) == {"h"}
    with pytest.raises(DataError, match=r"a.csv differs .*: ends changed. Restore"):
        keep_record(path, made | {"ends": ["1", "3"]})


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"examples": [{"name": "x"}]}'])
def test_damaged_files(recorded, text):
    """What is no split file is called so."""
    _, path, apply = recorded
    path.write_text(text)
    with pytest.raises(DamageError, match=r"split\.json is damaged.*begin a new run"):
        apply()
    (path.parent / "checksums.json").unlink()
    with pytest.raises(DataError, match="is no split file"):
        apply()


def test_limits_are_nested():
    """5 of a class lie within 20, and 20 within 100; held examples stay."""
    counts = {"a": 200, "b": 40}
    examples = tuple(
        Example(f"{label}{i}", "train" if i % 3 else "test", label, "", f"{label}{i}")
        for label, count in counts.items()
        for i in range(count)
    )
    held = {e for e in examples if e.split != "train"}
    sets = [set(limit_per_stratum(examples, n, seed=3)) for n in (5, 20, 100)]
    assert sets[0] < sets[1] < sets[2]
    assert all(held <= kept for kept in sets)
    counts = Counter(e.stratum for e in sets[1] - held)
    assert counts == {"a": 20, "b": 20}
    assert set(limit_per_stratum(examples, 5, seed=4)) != sets[0]
    assert limit_per_stratum(examples, 0, seed=3) == examples
