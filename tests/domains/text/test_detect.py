"""Places that hold texts, and those that other domains recognise."""

import pytest

from tests.domains.text.classification.tiny import sentences, table
from tfapp.base.errors import DataError
from tfapp.data.detection import detect


def test_tables_and_folders_of_texts(tmp_path):
    """A table, a folder of tables, class folders, and .pos with .neg."""
    rows = sentences()
    table(tmp_path / "reviews.csv", rows)
    splits = tmp_path / "splits"
    splits.mkdir()
    table(splits / "train.tsv.gz", rows, delimiter="\t")
    table(splits / "dev.tsv", rows, delimiter="\t")
    polarity = tmp_path / "polarity"
    polarity.mkdir()
    for name in ("rt.pos", "rt.neg"):
        (polarity / name).write_text("one\ntwo\n")
    classes = tmp_path / "classes"
    for name in ("ham", "spam"):
        (classes / name).mkdir(parents=True)
        (classes / name / "1.txt").write_text("some text")
    for place in ("reviews.csv", "splits", "polarity", "classes"):
        detected = detect(str(tmp_path / place))
        assert (detected.data, detected.task) == ("texts", "text_classification"), place


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        (("path", "label"), "photos/{i}.jpg,cat", "images"),
        (("image", "label"), "{i}.png,cat", "images"),
        (("date", "sales"), "2020-01-{i:02},{i}.5", "series"),
        (
            ("store name", "date", "sales"),
            "Down by the river,2020-01-{i:02},{i}",
            "series",
        ),
    ],
)
def test_tables_of_other_domains(tmp_path, header, row, kind):
    """Paths of pictures and times are not taken for sentences."""
    file = tmp_path / "t.csv"
    lines = [row.format(i=i) for i in range(1, 29)]
    file.write_text("\n".join([",".join(header), *lines]) + "\n")
    assert detect(str(file)).data == kind


def test_neither(tmp_path):
    """A folder of .txt files next to something else is not recognised as texts."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.txt").write_text("0 0.5 0.5 0.1 0.1")
        (tmp_path / name / "1.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match="no data that tfapp recognises"):
        detect(str(tmp_path))
