"""Examples inspected by their domain, and which of them are usable."""

from tfapp.data.scan.inspection import Inspection, scan
from tfapp.data.scan.usable import Usable, equal_content, usable_examples

__all__ = ["Inspection", "Usable", "equal_content", "scan", "usable_examples"]
