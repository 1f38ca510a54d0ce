"""Files of tagged sentences in every form, whole and damaged."""

import gzip

import pytest

from tests.domains.text.labelling.tiny import columns, iob_lines
from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.text.labelling.detect import detect_tagged
from tfapp.domains.text.labelling.reading.files import (
    cut,
    read_file,
    read_set,
    split_of,
)
from tfapp.domains.text.labelling.reading.spec import Sentence

WORD = "{}\t{}\t_\t{}\t{}\t_\t0\tdep\t_\t_"


def conllu(*rows):
    """Return lines of CoNLL-U of (id, form, upos, xpos)."""
    return "\n".join(WORD.format(*row) for row in rows)


def kinds(file):
    """Return the kinds of findings."""
    return [problem.kind for problem in file.problems]


def test_conllu(tmp_path):
    """Words of multiword tokens count; ranges, empty nodes and comments do not."""
    text = "# sent_id = 1\n# text = I don't.\n" + conllu(
        ("1", "I", "PRON", "PRP"),
        ("2-3", "don't", "_", "_"),
        ("2", "do", "AUX", "VBP"),
        ("3", "n't", "PART", "RB"),
        ("3.1", "go", "VERB", "VB"),
        ("4", ".", "PUNCT", "."),
    )
    path = tmp_path / "a.conllu"
    path.write_text(
        text + "\n\n# only a comment\n\n" + conllu(("1", "Hi", "INTJ", "UH"))
    )
    first, second = read_file(path).sentences
    assert first.tokens == ("I", "do", "n't", ".")
    assert first.tags == ("PRON", "AUX", "PART", "PUNCT")
    assert (second.tokens, second.line) == (("Hi",), 12)
    assert read_file(path, "xpos").sentences[1].tags == ("UH",)
    with pytest.raises(ConfigError, match=r"data.options.column: 'pos'.*'upos'"):
        read_file(path, "pos")


def test_conllu_with_faults(tmp_path):
    """A sentence that breaks the form is left out, with its line and the reason."""
    path = tmp_path / "a.conllu"
    good = conllu(("1", "Hi", "INTJ", "UH"), ("2", "all", "PRON", "PRP"))
    blocks = [
        good,
        "1 Hi INTJ",
        conllu(("x", "Hi", "INTJ", "UH")),
        conllu(("1", "Hi", "_", "UH")),
        conllu(("1-2", "Hi", "_", "_")),
    ]
    path.write_text("\n\n".join(blocks))
    file = read_file(path)
    assert len(file.sentences) == 1
    assert kinds(file) == ["columns", "ids", "tag missing", "empty sentence"]
    assert file.problems[0].path == "a.conllu, line 4"
    assert "1 columns at tabs. Expected 10" in file.problems[0].detail


def test_columns(tmp_path):
    """Tabs or spaces, a third column, document marks, and several empty lines."""
    path = tmp_path / "a.conll"
    path.write_text(
        "-DOCSTART- -X- O\n\nNew NNP B-LOC\nYork NNP I-LOC\n\n\n\nice cream\tNN\tO\n"
    )
    file = read_file(path)
    assert file.sentences == (
        Sentence(("New", "York"), ("B-LOC", "I-LOC"), "", 3),
        Sentence(("ice cream",), ("O",), "", 8),
    )
    assert kinds(file) == ["mixed separators"]
    assert read_file(path, "1").sentences[0].tags == ("NNP", "NNP")
    with pytest.raises(ConfigError, match="Expected the number of the tags' column"):
        read_file(path, "upos")
    path.write_text("a\tX\nb\n\nc\tY\n\nd\tX\n")
    file = read_file(path)
    assert [s.tokens for s in file.sentences] == [("c",), ("d",)]
    assert file.problems[0].path == "a.conll, line 2"


def test_atis_lines(tmp_path):
    """The intent stands at the place of EOS; lines of other lengths are left out."""
    path = tmp_path / "a.iob"
    path.write_text(
        "BOS to rome EOS\t O O B-city flight#fare\n\nBOS a b EOS\tO O\nBOS EOS\tO x\n"
    )
    file = read_file(path)
    assert file.sentences == (
        Sentence(("to", "rome"), ("O", "B-city"), "flight#fare", 1),
    )
    assert kinds(file) == ["columns", "empty sentence"]
    assert file.blocks == 3


def test_folders(tmp_path):
    """Names give the splits; files of no split, or without training, are refused."""
    columns(tmp_path / "x-train.conll", 20)
    packed = gzip.compress(columns(tmp_path / "y.conll", 5).read_bytes())
    (tmp_path / "y.conll").unlink()
    (tmp_path / "x-ud-dev.conll.gz").write_bytes(packed)
    (tmp_path / "README.md").write_text("no data")
    tagged = read_set(tmp_path)
    assert [(split, len(f.sentences)) for split, f in tagged.files] == [
        ("train", 20),
        ("validation", 5),
    ] or [split for split, _ in tagged.files] == ["validation", "train"]
    assert tagged.spans
    assert detect_tagged(str(tmp_path), {}).task == "sentence_labelling"
    assert split_of(tmp_path / "atis.test.w-intent.iob") == "test"
    columns(tmp_path / "z.conll")
    with pytest.raises(DataError, match="z.conll is of no known split"):
        read_set(tmp_path)
    assert detect_tagged(str(tmp_path / "README.md"), {}) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"a\tX\nb\tX\n", "every token has the tag 'X'"),
        (b"a\nb\n", "nothing: .*has no tag"),
        (b"\x00\x01\x02", "it is no text"),
    ],
)
def test_refused(tmp_path, content, message):
    """Empty files, files of one tag, without tags, and binary ones."""
    path = tmp_path / "a.conll"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_set(path)


def test_other_encodings(tmp_path):
    """Latin-1 and UTF-16 are read as well, and every script."""
    path = tmp_path / "a.conll"
    for encoding in ("latin-1", "utf-16", "utf-8-sig"):
        path.write_bytes("Bühne\tX\n\nab\tY\n".encode(encoding))
        assert read_file(path).sentences[0].tokens == ("Bühne",)
    path.write_text("שלום\tX\n😀\tY\n", encoding="utf-8")
    assert read_file(path).sentences[0].tokens == ("שלום", "😀")


def test_recognised_by_its_first_lines(tmp_path):
    """Columns that end in tags of spans are recognised in a .txt too, prose is not."""
    path = columns(tmp_path / "train.txt", 400, " ")
    assert detect_tagged(str(path), {}).data == "tagged_sentences"
    assert len(read_set(path).files[0][1].sentences) == 400
    path.write_text("It was B-c\nand not O\n\nO dear\n" * 99)
    assert detect_tagged(str(path), {}) is None
    path.write_bytes(b"\0\1")
    assert detect_tagged(str(path), {}) is None


def test_long_sentences_are_cut():
    """Pieces hold every token once, in order."""
    tokens = tuple(str(i) for i in range(11))
    pieces = list(cut(Sentence(tokens, tokens, "x"), 4))
    assert [len(p.tokens) for p in pieces] == [4, 4, 3]
    assert sum((p.tags for p in pieces), ()) == tokens
    assert {p.intent for p in pieces} == {"x"}


def test_generated_files_agree(tmp_path):
    """The same sentences from columns and from ATIS lines."""
    one = read_file(columns(tmp_path / "a.conll"))
    two = read_file(iob_lines(tmp_path / "a.iob"))
    pairs = [[(s.tokens, s.tags) for s in f.sentences] for f in (one, two)]
    assert pairs[0] == pairs[1]
