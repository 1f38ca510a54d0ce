"""What is known of data, written down and read back."""

import json

from tfapp.data.spec import DataInfo, InputSpec, read_info


def test_info_is_read_as_it_was_written():
    """Shapes of any length, kinds of numbers and labels survive JSON."""
    inputs = {"ids": InputSpec((None,), "int32"), "level": InputSpec((4, 2))}
    info = DataInfo(inputs, (None,), 3, ("a", "b", "c"))
    assert read_info(json.loads(json.dumps(info.to_json()))) == info
