"""JSON files of annotation tools."""

import json
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError


def read_document(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        DataError: if it cannot be read or is no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{path} is no JSON ({error}). Expected a COCO file, or a folder of what "
            "labelme writes."
        ) from error
