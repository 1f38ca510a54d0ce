"""The record of a split by time: made once, then the data must not differ from it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.errors import DataError
from tfapp.base.files import write_json

if TYPE_CHECKING:
    from tfapp.domains.series.dataset import SeriesDataset


def keep_split(path: Path, dataset: "SeriesDataset") -> None:
    """Write where the parts end, or compare with what was written before.

    Args:
        path: of the split file.
        dataset: of series, before any limit.

    Raises:
        DataError: if the file holds another split, or values have changed.
    """
    made = {
        "version": 1,
        "source": dataset.table.name,
        "fingerprint": dataset.info.fingerprint,
        "ends": dataset.cuts.ends.astype(str).tolist(),
        "windows": {split: len(part) for split, part in dataset.examples.items()},
    }
    if not path.exists():
        write_json(path, made)
        return
    recorded = _read(path)
    changed = [key for key, value in made.items() if recorded.get(key) != value]
    if changed:
        raise DataError(
            f"{dataset.table.name} differs from the split recorded in {path}: "
            f"{', '.join(changed)} changed. Restore the data, or remove the split file "
            "to make a new split."
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path} is no split file: {error!r}.") from error
