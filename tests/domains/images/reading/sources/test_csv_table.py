"""Tables of paths and labels."""

import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.images.detect import detect
from tfapp.domains.images.reading.sources.csv_table import csv_table


@pytest.fixture
def read(tmp_path, context_for):
    """Return a function: the text of a table to the source."""

    def make(text, encoding="utf-8", **options):
        table = tmp_path / "labels.csv"
        table.write_bytes(text.encode(encoding))
        return csv_table(str(table), context_for(table, options=options))

    return make


def test_paths_and_labels(read, tmp_path):
    """Paths are relative to the table; absolute ones stay."""
    source = read("path,label\na/1.png,cat\n/x/2.png,dog\n")
    assert source.labels == ("cat", "dog")
    paths = [e.name for e in source.examples]
    assert paths == [str(tmp_path / "a/1.png"), "/x/2.png"]
    assert [*map(source.relative_name, source.examples)] == ["a/1.png", "/x/2.png"]


def test_other_columns_and_delimiters(read, tmp_path):
    """Columns by their names; the delimiter is found, or given."""
    columns = {"path_column": "file", "label_column": "kind of animal"}
    for delimiter, given in ((";", ""), ("\t", "tab"), ("|", "|")):
        text = "file,kind of animal,label\n1.png,cat,x\n2.png,dog,y\n"
        text = text.replace(",", delimiter)
        source = read(text, **columns, delimiter=given)
        assert source.labels == ("cat", "dog")
        assert source.examples[0].name == str(tmp_path / "1.png")
    with pytest.raises(DataError, match=r"missing columns \['kind'\].*--label NAME"):
        read("file,label\n1.png,cat\n", path_column="file", label_column="kind")
    with pytest.raises(ConfigError, match="must be one character"):
        read("path,label\n", delimiter="::")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("a,c", r"line 1: missing columns \['c'\]\. Expected one column of classes"),
        ("a,b", r"columns \['a', 'b'\] do not all hold 0 or 1, nor all numbers"),
    ],
)
def test_several_columns_are_no_classes(read, named, message):
    """Columns that are named and missing are the fault, not one that nobody named."""
    with pytest.raises(DataError, match=message):
        read("path,a,b\n1.png,1,x\n2.png,0,y\n", label_column=named)


def test_a_delimiter_that_the_table_does_not_have(read, tmp_path):
    """Whatever is made of the one column, it is an error with a line."""
    with pytest.raises(DataError, match=r"line 1: missing columns \['path'\]"):
        read("image,tags\n1.png,a;b\n2.png,a\n", delimiter="x")
    assert detect(str(tmp_path / "labels.csv"), {"delimiter": "x"}) is not None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_spreadsheets(tmp_path, context_for, encoding, delimiter):
    """As Excel exports them: any names of columns, any order, any encoding."""
    rows = ["Größe,Bild", "groß,füchse/1.TIF", "klein,füchse/2.jpg", "groß,3.png", ","]
    text = "\r\n".join(row.replace(",", delimiter) for row in rows)
    table = tmp_path / "Liste.csv"
    table.write_bytes(text.encode(encoding))
    found = detect(str(table))
    assert (found.data, found.task) == ("images", "image_classification")
    source = csv_table(str(table), context_for(table))
    assert source.labels == ("groß", "klein")
    assert [source.relative_name(e) for e in source.examples] == [
        "füchse/1.TIF",
        "füchse/2.jpg",
        "3.png",
    ]


def test_a_table_without_images_is_no_table_of_images(tmp_path):
    """Dates and numbers belong to another domain; one odd row changes nothing."""
    table = tmp_path / "sales.csv"
    table.write_text("month,sold\n2024-01,3\n2024-02,4.png\n2024-03,5\n")
    assert detect(str(table)) is None


def test_splits_groups_and_other_columns(read):
    """Split names in any usual form, groups, further columns, a byte order mark."""
    source = read(
        "note,label,path,split,group\n,cat,1.png,Train,p1\nx,dog,2.png,train,p1\n"
        '"a, b",cat,3.png,val,p2\n',
        encoding="utf-8-sig",
    )
    assert [e.split for e in source.examples] == ["train", "train", "validation"]
    assert [e.group for e in source.examples] == ["p1", "p1", "p2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: missing columns \['path', 'label'\]"),
        ("path,kind,age\n", r"missing columns \['label'\].*\['path', 'kind', 'age'\]"),
        ("path,label\n", r"has no rows below its header"),
        (
            "path,label,label\na,b,c\n",
            r"line 1: columns 2 and 3 are both called `label`",
        ),
        (
            "path,Label,label\na,b,c\n",
            r"line 1: columns 2 and 3 are both called `label`",
        ),
        (
            "path,label\n1.png,cat\n2,v2.jpg,cat\n",
            r"line 3, column 3: the row has 3 cells and the header 2 columns; 'cat'",
        ),
        ("path,label\n1.png,cat\n2.png,\n", r"line 3: `label` is empty"),
        ("path,label,split\n1.png,cat,trian\n", r"line 2: unknown split 'trian'"),
        ("path,label\n1.png,a\n2.png,b\n1.png,a\n", r"line 4: .*in line 2 already"),
        (
            "path,label,split\n1.png,a,train\n2.png,b,\n",
            r"line 3: `split` is empty here .*\(1 of 2 rows",
        ),
        ("path,label\n1.png,cat\n", r"holds the single class 'cat' \(1 rows\)"),
        (
            "path,label,split\n1.png,a,train\n2.png,b,train\n3.png,c,test\n",
            r"classes \['c'\] occur in test but not in train",
        ),
    ],
)
def test_faulty_tables(read, text, message):
    """Each fault names the line and the way out."""
    with pytest.raises(DataError, match=message):
        read(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_tables_of_every_spreadsheet(read, tmp_path, encoding):
    """Excel saves UTF-16 with tabs, older systems Latin-1; the names are the same."""
    text = "path\tlabel\r\nä.png\tkätzchen\r\nb.png\thund\r\n"
    source = read(text, encoding=encoding)
    assert source.labels == ("hund", "kätzchen")
    assert source.examples[0].name == str(tmp_path / "ä.png")
    assert detect(str(tmp_path / "labels.csv")).data == "images"


def test_what_is_no_text(read):
    """A file of zeros between the letters is refused with advice."""
    with pytest.raises(DataError, match="Save it as 'CSV UTF-8'"):
        read("path,label\na.png,cat\n", encoding="utf-16-le")


def test_names_of_other_systems(read, tmp_path):
    """Backslashes, case, forms of Unicode, and headers as spreadsheets write them."""
    (tmp_path / "img").mkdir()
    for name in ("caf\u00e9.jpg", "b.jpg"):
        (tmp_path / "img" / name).touch()
    source = read(
        "Path, Label,split\nimg\\cafe\u0301.jpg,na\u00efve,train\nIMG/B.JPG,x,train\n"
        "c.jpg,nai\u0308ve,test\nd.jpg,X,test,\n"
    )
    names = [e.name for e in source.examples]
    assert names[:2] == [str(tmp_path / "img" / n) for n in ("caf\u00e9.jpg", "b.jpg")]
    assert source.labels == ("na\u00efve", "x")
    assert [e.target for e in source.examples] == ["na\u00efve", "x"] * 2
