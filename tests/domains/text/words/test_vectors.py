"""Vectors of words from every form of file."""

import gzip
import struct

import numpy as np
import pytest

from tfapp.base.errors import DataError
from tfapp.domains.text.words.vectors import read_vectors
from tfapp.domains.text.words.vocabulary import choose_words

WORDS = ("the", "film", "naïve")
VALUES = np.array([[1, 2, 3], [-1, 0.5, 0.25], [4, 5, 6]], np.float32)


def write(path):
    """Write the vectors in the form that the name says."""
    lines = [
        f"{w} {' '.join(map(str, row))}" for w, row in zip(WORDS, VALUES, strict=True)
    ]
    text = "\n".join(lines) + "\n"
    if path.suffix == ".npy":
        np.save(path, VALUES.astype(np.float16))
        path.with_suffix(".words.txt").write_text("\n".join(WORDS), encoding="utf-8")
    elif path.suffix == ".bin":
        records = (
            w.encode() + b" " + struct.pack("<3f", *row) + b"\n"
            for w, row in zip(WORDS, VALUES, strict=True)
        )
        path.write_bytes(b"3 3\n" + b"".join(records))
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        start = "3 3\n" if path.suffix == ".vec" else ""
        path.write_text(start + text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "v.txt.gz", "v.bin", "v.npy"])
def test_forms(tmp_path, name):
    """GloVe, fastText, gzip, word2vec and NumPy hold the same vectors."""
    vectors = read_vectors(str(write(tmp_path / name)), ("film", "unseen"), 1)
    assert vectors.words == ("the", "film")
    np.testing.assert_array_equal(vectors.values, VALUES[:2])
    rows = vectors.rows(("film", "unseen", "the"), 2)
    np.testing.assert_array_equal(
        rows[[0, 1, 2, 4]], [[0] * 3, [0] * 3, *VALUES[[1, 0]]]
    )
    assert 0 < np.abs(rows[3]).max() <= 0.25
    line = vectors.coverage(("film", "unseen"), [["film", "film", "unseen"]])
    assert "1 of 2 different words, 66.7% of the words" in line


def test_what_is_no_file_of_vectors(tmp_path):
    """Every fault is one line that names the place."""
    file = tmp_path / "v.txt"
    file.write_text("the 1 2 3\nfilm 1 2\n")
    with pytest.raises(DataError, match=r"v\.txt, line 2: expected a word and 3"):
        read_vectors(str(file), ("the", "film"))
    with pytest.raises(DataError, match="none of the 1 words"):
        read_vectors(str(write(tmp_path / "w.txt")), ("ΑΒΓ",))
    with pytest.raises(DataError, match="there is no file"):
        read_vectors(str(tmp_path / "missing.txt"))
    cut = write(tmp_path / "v.bin")
    cut.write_bytes(cut.read_bytes()[:-9])
    with pytest.raises(DataError, match="record 3 of 3: it is cut off"):
        read_vectors(str(cut), WORDS)
    alone = tmp_path / "alone.npy"
    np.save(alone, VALUES)
    with pytest.raises(DataError, match="no list of its words"):
        read_vectors(str(alone), WORDS)


def test_vocabulary():
    """The most frequent words come first, equals by the alphabet."""
    texts = [["b", "a", "c"], ["a", "b"], ["b"]]
    assert choose_words(texts, 9) == ("b", "a", "c")
    assert choose_words(texts, 2) == ("b", "a")
    assert choose_words(texts, 9, least_count=2) == ("b", "a")
    assert choose_words(texts, 4, further=("z", "a", "y")) == ("b", "a", "c", "z")
