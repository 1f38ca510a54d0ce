"""What every evaluation refuses."""

import pytest

from tfapp.base.errors import DataError
from tfapp.tasks.results import require_tested


def test_nothing_to_test_on():
    """The message says what lacks, what cannot be given, and the way out."""
    require_tested(["one"], "photo", "photos")
    with pytest.raises(DataError) as caught:
        require_tested((), "photo", "photos", "error")
    assert str(caught.value) == (
        "No photo is left for the test split, so no honest error can be given. Add "
        "photos, or raise `data.split.test`."
    )
