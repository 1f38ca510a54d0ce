"""What lies at a path, and what is said where nothing is recognised."""

import pytest

from tfapp.base.errors import DataError
from tfapp.data.detection import detect


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is an empty file\. Expected data in it\.$"),
        (b"text,label\n", r"no rows\. Expected one line for each example below it\.$"),
        (b"text,label", r"no rows\. Expected one line for each example below it\.$"),
        (b"a,b\n1,2\n", "tfapp recognises; its first line is 'a,b'. .*--text NAME"),
    ],
)
def test_a_table_without_data_is_refused_by_what_it_lacks(content, message, tmp_path):
    """A file of a header alone is not of an unknown kind."""
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        detect(str(path))
