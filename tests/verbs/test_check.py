"""`tfapp check` starts TensorFlow only where a file needs it."""

import numpy as np
import pytest
from PIL import Image

CODE = """
import json, sys
from tfapp.base.reporter import Reporter
from tfapp.verbs.check import check
found = {}
for place in sys.argv[1:]:
    report = check(place, reporter=Reporter(quiet=True))
    found[place] = [report.usable, "tensorflow" in sys.modules]
peak = [row for row in open("/proc/self/status") if row.startswith("VmHWM")]
found["MB"] = int(peak[0].split()[1]) / 1024
print(json.dumps(found))
"""


@pytest.mark.slow
def test_ordinary_data_needs_no_tensorflow(tmp_path, in_fresh_process):
    """Photos and texts are checked without it; a CMYK photo starts it by itself."""
    random = np.random.default_rng(0)
    for kind, mode in (("photos", "RGB"), ("prints", "CMYK")):
        for number in range(12):
            noise = random.integers(0, 256, (8, 8, 3), np.uint8)
            path = tmp_path / kind / f"class{number % 2}" / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(noise).resize((40, 40)).convert(mode).save(path)
    texts = tmp_path / "texts.csv"
    rows = [f"a text with the word word{i},label{i % 2}" for i in range(20)]
    texts.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    places = tmp_path / "photos", texts
    found = in_fresh_process(CODE, *places, TFAPP_CACHE=str(tmp_path / "cache"))
    assert found.pop("MB") <= 150
    assert [*found.values()] == [[12, False], [20, False]]
    found = in_fresh_process(
        CODE, tmp_path / "prints", TFAPP_CACHE=str(tmp_path / "cache")
    )
    assert found[str(tmp_path / "prints")] == [12, True]
