"""What a column of a table is taken for."""

import pytest

from tfapp.domains.images.detect import detect
from tfapp.domains.images.reading.sources.answer_columns import answer_columns


@pytest.fixture
def write(tmp_path):
    """Return a function: header and cells of the labels to a table."""

    def make(header, *rows):
        lines = [f"{i}.png,{row}" for i, row in enumerate(rows)]
        table = tmp_path / "table.csv"
        table.write_text("\n".join([f"path,{header}", *lines]))
        return table

    return make


@pytest.mark.parametrize(
    ("header", "rows", "kind"),
    [
        ("label", ("cat", "dog", "cat"), "classes"),
        ("label", ("1.5", "2", "7.25"), "numbers"),
        ("age", ("31", "52", "18"), "numbers"),
        ("label", ("0", "1", "0", "1", "0", "1"), "classes"),
        ("label", tuple(map(str, range(60))), "numbers"),
        ("label", (*("1.5",) * 20, "n/a"), "numbers"),
        ("label", ("inf", "2", "7"), "numbers"),
        ("label", ("ant;field", "field", "ant;tree"), "tags"),
        ("label", ("ant|field", "field", "ant"), "tags"),
        ("label", ('"lynx, catamount"', "dog", '"lynx, catamount"'), "classes"),
        ("label", ('"ant, field"', "field", "ant"), "tags"),
        ("age,weight", ("31,80", "52,77.5", "18,60"), "numbers"),
        ("ant,field", ("1,0", "0,1", "1,1"), "flags"),
        ("ant,field", ("yes,no", "No,TRUE", ",false"), "flags"),
        ("ant,field", (*("1,0",) * 20, "1,maybe"), "flags"),
        ("ant,field", ("1,0", "0,1", "1,2"), "numbers"),
        ("tags", ("ant", "", "field"), "tags"),
        ("tags", ("", "", ""), "tags"),
        ("tags", ("ant;field",) * 3, "tags"),
        ("tags", ("ant", "field", "ant"), "classes"),
        ("age,name", ("31,Ann", "52,Bob", "18,Cem"), "classes"),
    ],
)
def test_cells_decide(write, header, rows, kind):
    """Numbers, tags and classes are told apart, and the reason names the column."""
    found = answer_columns(write(header, *rows), {})
    assert found.kind == kind
    if kind != "classes":
        assert f"`{header.split(',')[0]}`" in found.why


def test_whole_numbers_that_may_be_either(write):
    """Few whole numbers are classes, and the reason names the way to numbers."""
    table = write("label", *"012" * 5)
    assert "--set task=image_regression" in detect(str(table)).why
    chosen = detect(str(table)).for_task("image_regression")
    assert (chosen.data, chosen.task) == ("image_numbers", "image_regression")


def test_columns_that_the_user_names(write):
    """Several columns are named in one text, or in a list."""
    table = write("label,a,b", "x,1.5,2", "y,3,4.5")
    for named in ("a,b", ["a", "b"]):
        found = answer_columns(table, {"label_column": named})
        assert (found.kind, found.columns) == ("numbers", ("a", "b"))


def test_tags_are_a_task_of_their_own(write):
    """Both forms are, and one name in each cell if a separator is named."""
    for header, rows in (("label", ("a;b", "b", "a;c")), ("a,b", ("1,0", "0,1"))):
        found = detect(str(write(header, *rows)))
        assert (found.data, found.task) == ("image_tags", "image_multilabel")
    table = write("label", "ant", "field", "ant")
    assert detect(str(table)).task == "image_classification"
    named = detect(str(table), {"separator": "|", "label_column": "label"})
    assert named.task == "image_multilabel"
    assert "separated by '|'" in named.why
